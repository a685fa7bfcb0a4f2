"""Webhooks under attack (13, 16 to 20)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from alur_common.security.records import UnsealedCredential
from alur_engine.validation import WEBHOOK_PROOFS
from alur_registry.domain import credential_types
from tests.unit.gateway.world import HOOK_ID, World, call, webhook

KEY = "s3cret"
PAIR = {"username": "ann", "password": "pw:1"}


@pytest.fixture
def world() -> World:
    return World()


def guarded(world: World, auth: dict[str, Any], kind: str, **fields: str) -> None:
    """Keep a webhook that asks for this proof, and the credential behind it."""
    world.keep({**webhook(auth=auth), "credentials": {"auth": "c"}})
    world.hooks.secrets["c"] = UnsealedCredential(kind, fields)


def signed(body: bytes, *, key: str = KEY, algorithm: str = "sha256") -> str:
    return hmac.new(key.encode(), body, algorithm).hexdigest()


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


async def test_18_a_signed_body_is_taken(world: World) -> None:
    guarded(world, {"type": "hmac"}, "hmac", secret=KEY)
    headers = {"X-Hub-Signature-256": f"sha256={signed(b'{}')}"}
    assert (await world.hook(headers=headers)).status == 202


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=00",
        signed(b"{}"),
        f"sha256={signed(b'{ }')}",
        "sha256=" + "0" * 64,
        f"sha256={signed(b'{}', key='other')}",
        f"sha1={signed(b'{}', algorithm='sha1')}",
    ],
)
async def test_18_a_wrong_signature_starts_nothing(world: World, signature: str) -> None:
    guarded(world, {"type": "hmac"}, "hmac", secret=KEY)
    answer = await world.hook(headers={"X-Hub-Signature-256": signature})
    assert answer.status == 401
    assert await world.executions.search([]) == []


async def test_18_a_signature_may_be_base64_with_another_hash_and_header(world: World) -> None:
    auth = {
        "type": "hmac",
        "header": "X-Sig",
        "algorithm": "sha512",
        "prefix": "",
        "encoding": "base64",
    }
    guarded(world, auth, "hmac", secret=KEY)
    digest = hmac.new(KEY.encode(), b"{}", hashlib.sha512).digest()
    headers = {"x-sig": base64.b64encode(digest).decode()}
    assert (await world.hook(headers=headers)).status == 202


@pytest.mark.parametrize(("age", "status"), [(0, 202), (200, 202), (301, 401), (-301, 401)])
async def test_18_an_old_signature_is_refused(world: World, age: int, status: int) -> None:
    guarded(world, {"type": "hmac", "timestampHeader": "X-Time"}, "hmac", secret=KEY)
    stamp = str(int(world.clock.now()) - age)
    signature = signed(stamp.encode() + b"." + b"{}")
    headers = {"x-time": stamp, "x-hub-signature-256": f"sha256={signature}"}
    assert (await world.hook(headers=headers)).status == status


async def test_18_a_replayed_delivery_gets_the_first_answer(world: World) -> None:
    auth = {"type": "hmac"}
    guarded(world, auth, "hmac", secret=KEY)
    headers = {"x-hub-signature-256": f"sha256={signed(b'{}')}", "idempotency-key": "d-1"}
    answers = [await world.hook(headers=headers) for _ in range(2)]
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize(
    ("kind", "scheme"), [("hmac", "Signature"), ("header", "ApiKey"), ("jwt", "Bearer")]
)
async def test_a_refusal_names_the_proof_that_is_wanted(
    world: World, kind: str, scheme: str
) -> None:
    guarded(world, {"type": kind}, WEBHOOK_PROOFS[kind][0], secret=KEY, value=KEY)
    answer = await world.hook()
    assert (answer.status, answer.headers["www-authenticate"]) == (401, f'{scheme} realm="alur"')


async def test_basic_takes_the_right_pair_only(world: World) -> None:
    guarded(world, {"type": "basic"}, "basic", **PAIR)
    right = base64.b64encode(b"ann:pw:1").decode()
    wrong = base64.b64encode(b"ann:pw").decode()
    statuses = [
        (await world.hook(headers={"authorization": value})).status
        for value in (f"Basic {right}", f"Basic {wrong}", f"Bearer {right}", "Basic !!", "")
    ]
    assert statuses == [202, 401, 401, 401, 401]
    assert (await world.hook()).headers["www-authenticate"] == 'Basic realm="alur"'


async def test_26_a_secret_header_is_compared_and_kept_out_of_the_item(world: World) -> None:
    guarded(world, {"type": "header", "header": "X-Key"}, "api-key", value=KEY)
    assert (await world.hook(headers={"x-key": "other"})).status == 401
    assert (await world.hook(headers={"x-key": KEY})).status == 202
    assert KEY not in str((await world.only_execution()).input)


async def test_26_our_own_cookies_are_kept_out_of_the_item(world: World) -> None:
    world.keep(webhook())
    await world.hook(headers={"cookie": "a=b; alur_session=canary"})
    assert "canary" not in str((await world.only_execution()).input)


@pytest.mark.parametrize("auth", [{"type": "hmac"}, {"type": "basic"}, {"type": "header"}])
async def test_18_without_its_credential_a_guarded_webhook_is_shut(
    world: World, auth: dict[str, Any]
) -> None:
    """One that is gone is the owner's fault, not the sender's: they are to come again."""
    world.keep({**webhook(auth=auth), "credentials": {"auth": "gone"}})
    answer = await world.hook(headers={"x-api-key": "", "authorization": "Basic Og=="})
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    assert "gone" not in answer.body.decode()
    world.keep(webhook(auth=auth))
    assert (await world.hook()).status == 401
    assert await world.executions.search([]) == []


def claims(**more: object) -> dict[str, object]:
    return {"exp": World().clock.now() + 60, **more}


async def with_token(world: World, token: str) -> int:
    return (await world.hook(headers={"authorization": f"Bearer {token}"})).status


LONG = "k" * 64


async def test_30_a_jwt_is_taken_while_it_is_valid(world: World) -> None:
    guarded(world, {"type": "jwt", "audience": "alur"}, "jwt", secret=LONG)
    good = jwt.encode(claims(aud="alur"), LONG, "HS256")
    assert await with_token(world, good) == 202
    world.clock.advance(3600)
    assert await with_token(world, good) == 401


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(claims(aud="alur"), "", "none"),
        jwt.encode(claims(aud="other"), LONG, "HS256"),
        jwt.encode(claims(), LONG, "HS256"),
        jwt.encode({"aud": "alur"}, LONG, "HS256"),
        jwt.encode(claims(aud="alur"), LONG, "HS512"),
        jwt.encode(claims(aud="alur"), "x" * 64, "HS256"),
        jwt.encode(claims(aud="alur", nbf=9e12), LONG, "HS256"),
        jwt.encode(
            claims(aud="alur"), LONG, "HS256", {"kid": "../../etc/passwd", "jku": "http://x"}
        )[:-3],
        "nothing",
        "",
    ],
    ids=["none", "aud", "no aud", "no exp", "alg", "key", "nbf", "cut", "text", "empty"],
)
async def test_30_a_wrong_jwt_is_refused(world: World, token: str) -> None:
    guarded(world, {"type": "jwt", "audience": "alur"}, "jwt", secret=LONG)
    assert await with_token(world, token) == 401


async def test_30_a_public_key_is_never_a_shared_secret(world: World) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    auth = {"type": "jwt", "algorithms": ["RS256", "HS256"]}
    guarded(world, auth, "jwt", publicKey=pem(key))
    assert await with_token(world, jwt.encode(claims(), key, "RS256")) == 202
    # PyJWT itself refuses to sign with a PEM as a secret, so the forgery is made by hand.
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(b'{"exp":99999999999}').rstrip(b"=")
    mac = hmac.new(pem(key).encode(), head + b"." + body, hashlib.sha256).digest()
    forged = b".".join((head, body, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()
    assert await with_token(world, forged) == 401


@pytest.mark.parametrize(
    ("said", "algorithm", "status"),
    [
        ({}, "HS512", 202),
        ({}, "HS256", 401),
        ({"algorithms": ["HS256", "HS512"]}, "HS512", 202),
        ({"algorithms": ["HS256", "HS512"]}, "HS256", 401),
        ({"algorithms": ["HS256"]}, "HS256", 401),
        ({"algorithms": ["HS256"]}, "HS512", 401),
    ],
)
async def test_30_the_algorithm_of_a_jwt_credential_is_the_only_one(
    world: World, said: dict[str, Any], algorithm: str, status: int
) -> None:
    guarded(world, {"type": "jwt", **said}, "jwt", secret=LONG, algorithm="HS512")
    assert await with_token(world, jwt.encode(claims(), LONG, algorithm)) == status


EVERYTHING = {**PAIR, "secret": LONG, "value": KEY, "key": KEY, "token": KEY, "brokers": "b:1"}
"""A credential that has the fields of every type."""
TYPES = [kind.type for kind in credential_types.TYPES]


def proofs() -> dict[str, dict[str, str]]:
    """Return headers that prove it in each way, by what EVERYTHING holds."""
    pair = base64.b64encode(b"ann:pw:1").decode()
    return {
        "header": {"x-api-key": KEY},
        "basic": {"authorization": f"Basic {pair}"},
        "hmac": {"x-hub-signature-256": f"sha256={signed(b'{}', key=LONG)}"},
        "jwt": {"authorization": f"Bearer {jwt.encode(claims(), LONG, 'HS256')}"},
    }


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("auth", proofs())
async def test_a_proof_is_checked_against_credentials_of_its_kind_alone(
    world: World, auth: str, kind: str
) -> None:
    guarded(world, {"type": auth}, kind, **EVERYTHING)
    answer = await world.hook(headers=proofs()[auth])
    fits = kind in WEBHOOK_PROOFS[auth]
    assert answer.status == (202 if fits else 401)
    assert len(await world.executions.search([])) == fits


async def test_a_credential_says_what_the_trigger_leaves_open(world: World) -> None:
    guarded(
        world, {"type": "hmac", "prefix": ""}, "hmac",
        secret=KEY, header="X-Sig", algorithm="sha512", prefix="v1=", encoding="hex",
    )  # fmt: skip
    right = signed(b"{}", algorithm="sha512")
    assert (await world.hook(headers={"x-sig": right})).status == 202
    assert (await world.hook(headers={"x-sig": f"v1={right}"})).status == 401
    assert (await world.hook(headers={"x-hub-signature-256": right})).status == 401


async def test_26_the_header_that_a_credential_names_is_kept_out_of_the_item(world: World) -> None:
    guarded(world, {"type": "header"}, "api-key", value=KEY, header="X-Shop")
    assert (await world.hook(headers={"x-api-key": KEY})).status == 401
    assert (await world.hook(headers={"x-shop": KEY})).status == 202
    assert KEY not in str((await world.only_execution()).input)


async def test_30_an_ed25519_key_works_too(world: World) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    guarded(world, {"type": "jwt", "algorithms": ["EdDSA"]}, "jwt", publicKey=pem(key))
    assert await with_token(world, jwt.encode(claims(), key, "EdDSA")) == 202


async def test_13_names_of_files_in_json_stay_data(world: World) -> None:
    world.keep(webhook())
    body = b'{"files": [{"filepath": "/etc/passwd"}], "binary": {"data": "/etc/passwd"}}'
    await world.hook(body=body)
    (item,) = (await world.only_execution()).input
    assert item["body"]["files"] == [{"filepath": "/etc/passwd"}]


async def test_16_a_prototype_is_just_a_name(world: World) -> None:
    world.keep(webhook())
    await world.hook(body=b'{"__proto__": {"a": 1}}', query="__proto__=1&constructor=2")
    (item,) = (await world.only_execution()).input
    assert item["body"] == {"__proto__": {"a": 1}}
    assert item["query"] == {"__proto__": "1", "constructor": "2"}


async def test_17_an_address_without_its_id_is_nothing(world: World) -> None:
    world.keep(webhook())
    for path in ("/hooks/orders", "/hooks/", f"/hooks/{HOOK_ID[:-1]}/orders", f"/hooks/{HOOK_ID}"):
        assert (await call(world.gateway.asgi, "POST", path)).status == 404


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=2&b=3", 202),
        ("text/plain", b"hello", 202),
        ("text/plain; charset=latin-1", b"caf\xe9", 202),
        ("application/json; charset=utf-8", b"{}", 202),
        ("application/vnd.api+json", b"{}", 202),
        ("application/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 202),
        ("application/json; charset=nope", b"{}", 415),
        ("text/plain; charset=zlib", b"x", 415),
        ("text/plain", b"\xff", 400),
        ("application/octet-stream", b"\x00", 415),
        ("image/png", b"\x89PNG", 415),
        ("application/x-www-form-urlencoded", b"&".join(b"a=%d" % n for n in range(2000)), 413),
        ("multipart/form-data", b"x", 400),
    ],
)
async def test_19_each_type_of_content_is_read_or_refused(
    world: World, kind: str, body: bytes, status: int
) -> None:
    world.keep(webhook())
    assert (await world.hook(body=body, headers={"content-type": kind})).status == status


def multipart(disposition: str) -> bytes:
    return f"--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\nv\r\n--x--\r\n".encode()


async def test_19_fields_of_a_multipart_form_are_read_and_files_refused(world: World) -> None:
    world.keep(webhook())
    headers = {"content-type": "multipart/form-data; boundary=x"}
    await world.hook(body=multipart('name="a"'), headers=headers)
    (item,) = (await world.only_execution()).input
    assert item["body"] == {"a": "v"}
    file = multipart('name="a"; filename="../../x"')
    assert (await world.hook(body=file, headers=headers)).status == 415


def field(head: str, content: bytes = b"v") -> bytes:
    return b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--x--\r\n"


NAMED = 'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (field(NAMED, b"caf\xc3\xa9"), 202),
        (field(f"{NAMED}\r\nContent-Type: text/plain; charset=latin-1", b"caf\xe9"), 202),
        (field(f"{NAMED}\r\nContent-Transfer-Encoding: 8bit"), 202),
        *((field(f"{NAMED}\r\nContent-Type: text/plain; charset={name}"), 415)
          for name in ("punycode", "idna", "zlib", "rot13", "unicode_escape", "utf-7", "nope")),
        (field(f"{NAMED}\r\nContent-Transfer-Encoding: base64"), 415),
        (field(f"{NAMED}; filename*=utf-8''x"), 415),
        (field("Content-Disposition: form-data"), 400),
        (field("Content-Type: message/rfc822\r\n\r\n" * 2_000), 400),
        (field('Content-Disposition: form-data; name="' + ";" * 40_000 + '"'), 413),
        (field(NAMED + "".join(f"\r\nX-{n}: x" for n in range(2_000))), 413),
        (b"".join(field(NAMED)[:-7] + b"\r\n" for _ in range(2_000)), 413),
        (b"".join(field(NAMED)[:-7] + b"\r\n" for _ in range(2_000)).replace(b"\r", b""), 400),
        (field(NAMED)[:-4], 400),
    ],
    ids=lambda value: str(value)[-60:] if isinstance(value, bytes) else None,
)  # fmt: skip
async def test_13_19_a_form_is_read_within_bounds_or_refused(
    world: World, body: bytes, status: int
) -> None:
    """What took time by the square of its length, or ended in a fault of our own, is refused by its kind."""
    world.keep(webhook())
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert (await world.hook(body=body, headers=headers)).status == status


async def test_19_a_content_type_without_end_is_refused(world: World) -> None:
    world.keep(webhook())
    kind = 'multipart/form-data; x="' + ";" * 40_000 + '"; boundary=x'
    assert (await world.hook(body=b"x", headers={"content-type": kind})).status == 415


async def test_25_a_credential_that_is_not_for_webhooks_proves_nothing(world: World) -> None:
    world.keep({**webhook(auth={"type": "hmac"}), "credentials": {"auth": "c"}})
    fields = {"secret": KEY}
    world.hooks.secrets["c"] = UnsealedCredential("hmac", fields, node_types=("http.request",))
    headers = {"X-Hub-Signature-256": f"sha256={signed(b'{}')}"}
    assert (await world.hook(headers=headers)).status == 401
    assert await world.executions.search([]) == []
