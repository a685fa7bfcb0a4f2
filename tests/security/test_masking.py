"""Line 26 of the checklist: a secret that another side sends back is in no item, error, log or stored entry."""

from __future__ import annotations

import asyncio
import html
import io
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_common.documents.port import Document
from alur_common.executions import Execution
from alur_common.executions.repository import EXECUTIONS, JOURNAL
from alur_common.security.records import UnsealedCredential
from alur_executor.service.masking import Masks
from alur_registry.domain.credential_types import TYPES, hidden_fields
from alur_sdk import HttpRequest, HttpResponse, Item, Json, Permanent
from alur_sdk.errors import Retryable
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

CANARY = 'canary+"s3cret"/ key'
PAIR = b64encode(f"ann:{CANARY}".encode()).decode()
ESCAPED = orjson.dumps(CANARY).decode()[1:-1]
PLAIN = (CANARY, ESCAPED, quote(CANARY, safe=""), quote_plus(CANARY))
FORMS = dict.fromkeys(("bearer", "api-key", "hmac"), PLAIN) | {"basic": (*PLAIN, PAIR)}
JSON = {"content-type": "application/json"}
CREDENTIALS = {
    "bearer": {"token": CANARY},
    "basic": {"username": "ann", "password": CANARY},
    "api-key": {"key": CANARY, "value": CANARY, "query": "key"},
    "hmac": {"secret": CANARY},
}


@pytest.fixture
async def world() -> World:
    return World()


def given_secret(world: World, kind: str) -> None:
    fields = CREDENTIALS[kind]
    world.definitions.secrets["c"] = UnsealedCredential(kind, fields, hidden=hidden_fields(kind))


async def asked(world: World, request: Mapping[str, Any], **step: Any) -> Execution:
    await world.executor()
    params = {"url": "https://x.test/", "neverFail": False, **request}
    return await world.run(
        chain(node("ask", "http.request", params=params, credentials={"auth": "c"}, **step)), {}
    )


async def kept(world: World) -> str:
    """Return all that the store holds of executions."""
    found: list[Document] = []
    for collection in (EXECUTIONS, JOURNAL):
        found += await world.documents.find(collection, limit=1_000)
    return repr(found) + repr(world.kept._contents)


def assert_hidden(text: str, kind: str) -> None:
    assert [form for form in FORMS[kind] if form in text] == []


@pytest.mark.parametrize("kind", CREDENTIALS)
@in_virtual_time
async def test_26_what_is_sent_back_is_not_in_the_items(
    world: World, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    async def echo(request: HttpRequest) -> HttpResponse:
        sent = {**request.headers, "url": request.url, "all": list(FORMS[kind]), CANARY: 1}
        return HttpResponse(200, JSON, orjson.dumps({"sent": [sent]}), request.url)

    given_secret(world, kind)
    world.outside.send = echo  # type: ignore[method-assign]  # this one test hears it
    ended = await asked(world, {"fullResponse": True})
    assert ended.status == "succeeded", ended.error
    assert "***" in repr(ended.output)
    assert_hidden(repr(ended.output), kind)
    assert_hidden(await kept(world), kind)
    assert_hidden(capsys.readouterr().out, kind)


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("error", [Permanent, Retryable, ValueError])
@in_virtual_time
async def test_26_what_fails_says_no_secret(
    *, world: World, capsys: pytest.CaptureFixture[str], kind: str, error: type[Exception]
) -> None:
    async def fail(request: HttpRequest) -> HttpResponse:
        raise error(f"no: {FORMS[kind]}")

    given_secret(world, kind)
    world.outside.send = fail  # type: ignore[method-assign]  # this one test hears it
    ended = await asked(world, {}, onError="continue")
    assert "***" in repr(ended.output)
    assert_hidden(repr(ended), kind)
    assert_hidden(await kept(world), kind)
    assert_hidden(capsys.readouterr().out, kind)


@in_virtual_time
async def test_26_a_file_with_a_secret_that_is_sent_back_is_not_kept(world: World) -> None:
    async def echo(request: HttpRequest) -> HttpResponse:
        assert request.sink is not None
        await request.sink.write(b"x" * 2_000_000 + repr(request.headers).encode())
        return HttpResponse(200, {"content-type": "application/pdf"}, b"", request.url)

    given_secret(world, "bearer")
    world.outside.send = echo  # type: ignore[method-assign]  # this one test hears it
    ended = await asked(world, {"response": "binary"})
    assert ended.error is not None
    assert (ended.status, ended.error["code"]) == ("failed", "bad-answer")
    assert_hidden(await kept(world), "bearer")


@in_virtual_time
async def test_26_the_name_of_a_file_says_no_secret(world: World) -> None:
    async def echo(request: HttpRequest) -> HttpResponse:
        assert request.sink is not None
        await request.sink.write(b"a file")
        named = {
            "content-disposition": f'attachment; filename="{CREDENTIALS["api-key"]["value"][:9]}"'
        }
        return HttpResponse(200, {"content-type": "application/pdf", **named}, b"", request.url)

    fields = {"key": CANARY[:9], "value": CANARY[:9]}
    world.definitions.secrets["c"] = UnsealedCredential("api-key", fields, hidden=("value",))
    world.outside.send = echo  # type: ignore[method-assign]  # this one test hears it
    ended = await asked(world, {"response": "binary"})
    assert ended.status == "succeeded", ended.error
    assert CANARY[:9] not in await kept(world)


@pytest.mark.parametrize("before", [0, 1, 2**20 - 10, 2**20 - 1, 2**20, 3 * 2**20 - 5])
def test_26_a_secret_is_found_wherever_in_a_file_it_stands(before: int) -> None:
    masks = Masks()
    masks.add(UnsealedCredential("bearer", {"token": CANARY}, hidden=("token",)))
    assert masks.are_in(io.BytesIO(b"x" * before + CANARY.encode() + b"y"))
    assert not masks.are_in(io.BytesIO(b"x" * before + CANARY.encode()[:-1] + b"!"))


def test_every_secret_field_of_every_type_is_hidden() -> None:
    for kind in TYPES:
        secret = {field.name for field in kind.fields if field.is_secret}
        assert secret <= set(hidden_fields(kind.type))
        assert secret


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=4, max_size=20
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(secret=TEXTS, value=VALUES, around=TEXTS)
def test_what_holds_no_secret_is_what_it_was_and_what_holds_one_loses_it(
    secret: str, value: object, around: str
) -> None:
    masks = Masks()
    masks.add(UnsealedCredential("bearer", {"token": secret}, hidden=("token",)))
    item = Item({"a": value, "b": [around + secret + around]})
    (masked,) = masks.outputs({"main": [item]})["main"]
    assert secret not in masked.json["b"][0]
    if not any(form in orjson.dumps(value).decode() for form in masks._hidden):
        assert masked.json["a"] == value


TRAVELLING = "pä/ss?>~word-ÿ1&'"
TRAVELS = {
    "JSON in ASCII": json.dumps(TRAVELLING),
    "JSON as PHP writes it": json.dumps(TRAVELLING).replace("/", r"\/"),
    "JSON within JSON": json.dumps(json.dumps(TRAVELLING)),
    "an address": "https://x.test/?key=" + quote(TRAVELLING, safe=""),
    "an address in small letters": "https://x.test/?key=" + quote(TRAVELLING, safe="").lower(),
    "a page": "<b>" + html.escape(TRAVELLING) + "</b>",
    "hexadecimal": TRAVELLING.encode().hex(),
    "base64url": urlsafe_b64encode(TRAVELLING.encode()).decode().rstrip("="),
    **{
        f"base64 behind {before!r}": b64encode(
            (before + TRAVELLING + " and more").encode()
        ).decode()
        for before in ("", "a", "ab", "Bearer ")
    },
}


@pytest.mark.parametrize("form", TRAVELS)
def test_26_a_secret_is_hidden_in_the_forms_in_which_others_send_it_back(form: str) -> None:
    masks = Masks()
    masks.add(UnsealedCredential("bearer", {"token": TRAVELLING}, hidden=("token",)))
    text = f"you sent {TRAVELS[form]}"
    assert masks.text(text) != text
    item = Item({"said": TRAVELS[form]})
    assert "***" in str(masks.outputs({"main": [item]}))


@pytest.mark.parametrize(
    ("secret", "sent"),
    [
        ("1234567890123", 1234567890123),
        ("1234567890123", 1234567890123.0),
        ("0012345", 12345),
        ("12345678901234567890", 12345678901234567000.0),
        ("1234.5", 1234.5),
    ],
)
def test_26_a_secret_of_digits_is_hidden_where_it_comes_back_as_a_number(
    secret: str, sent: float
) -> None:
    masks = Masks()
    masks.add(UnsealedCredential("bearer", {"token": secret}, hidden=("token",)))
    others = [True, 1, 0, 1234, 12345678, 0.5, None]
    item = Item({"t": sent, "others": others})
    (masked,) = masks.outputs({"main": [item]})["main"]
    assert masked.json == {"t": "***", "others": others}


LARGE: tuple[Json, ...] = (
    [f"text {n}" for n in range(300_000)],
    [[n, {"a": [CANARY]}] for n in range(50_000)],
    ["x" * 1_000_000 + CANARY] * 10,
)


@pytest.mark.parametrize("value", LARGE, ids=["texts", "objects", "long texts"])
async def test_others_have_their_turn_while_secrets_are_looked_for(value: Json) -> None:
    masks = Masks()
    masks.add(UnsealedCredential("bearer", {"token": CANARY}, hidden=("token",)))
    outputs = {"main": [Item({"a": value})]}
    turns, ended = 0, False

    async def others() -> None:
        nonlocal turns
        while not ended:
            turns += 1
            await asyncio.sleep(0)

    watching = asyncio.create_task(others())
    await asyncio.sleep(0)
    masked = await masks.outputs_aside(outputs)
    ended = True
    await watching
    assert turns > 2
    assert CANARY not in repr(masked)
    assert masked == masks.outputs(outputs)


async def test_little_is_looked_through_at_once() -> None:
    masks = Masks()
    masks.add(UnsealedCredential("bearer", {"token": CANARY}, hidden=("token",)))
    outputs = {"main": [Item({"a": [CANARY] * 10, "b": {"c": 1}}) for _ in range(10)]}
    begun = masks.outputs_aside(outputs)
    with pytest.raises(StopIteration) as ended:
        begun.send(None)
    assert ended.value.value == masks.outputs(outputs)
