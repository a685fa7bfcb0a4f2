from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alur_common.security.sessions import AccessTokens
from alur_sdk.errors import UnauthenticatedError

KEY = b"s" * 32
NOW = 1_800_000_000.0
CLAIMS: dict[str, Any] = {
    "iss": "alur",
    "aud": "alur-api",
    "sub": "u",
    "ten": "t",
    "sid": "5e55",
    "iat": int(NOW),
    "exp": int(NOW) + 60,
}


class StandingClock:
    def now(self) -> float:
        return NOW

    def monotonic(self) -> float:
        return NOW


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(KEY, StandingClock())


def signed(claims: dict[str, Any], key: bytes = KEY, **headers: str) -> str:
    private = Ed25519PrivateKey.from_private_bytes(key)
    return jwt.encode(claims, private, algorithm="EdDSA", headers=headers or None)


def unsigned(algorithm: str) -> str:
    parts = [{"alg": algorithm, "typ": "JWT"}, CLAIMS]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join(part.rstrip("=") for part in encoded) + "."


def public_key_as_secret() -> str:
    public = Ed25519PrivateKey.from_private_bytes(KEY).public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return jwt.encode(CLAIMS, raw, algorithm="HS256")


def test_what_was_issued_is_known(tokens: AccessTokens) -> None:
    token, expires_at = tokens.issue("t", "u", "5e55")
    claims = tokens.verify(token)
    assert (claims.tenant, claims.user, claims.session) == ("t", "u", "5e55")
    assert claims.expires_at == expires_at == NOW + 900


def test_headers_that_name_keys_are_not_followed(tokens: AccessTokens) -> None:
    token = signed(CLAIMS, kid="../../../dev/null", jku="http://evil.test/keys")
    assert tokens.verify(token).user == "u"


FORGED = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg of another case": unsigned("EDDSA"),
    "public key as a shared secret": public_key_as_secret(),
    "another key": signed(CLAIMS, b"x" * 32),
    "another issuer": signed({**CLAIMS, "iss": "evil"}),
    "another audience": signed({**CLAIMS, "aud": "evil"}),
    "over": signed({**CLAIMS, "exp": int(NOW)}),
    "endless": signed({k: v for k, v in CLAIMS.items() if k != "exp"}),
    "of no time": signed({**CLAIMS, "exp": float("nan")}),
    "without tenant": signed({k: v for k, v in CLAIMS.items() if k != "ten"}),
    "a list for a tenant": signed({**CLAIMS, "ten": ["t"]}),
    "a number for a session": signed({**CLAIMS, "sid": 1}),
    "nothing": "nothing",
    "empty": "",
    "surrogates": "\ud800.x.y",
    "huge": "a" * 1_000_000,
    "cut off": signed(CLAIMS)[:-4],
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(tokens: AccessTokens, name: str) -> None:
    with pytest.raises(UnauthenticatedError):
        tokens.verify(FORGED[name])


def test_the_csrf_word_is_the_sessions_own(tokens: AccessTokens) -> None:
    other = AccessTokens(b"x" * 32, StandingClock())
    words = {tokens.csrf("a"), tokens.csrf("b"), other.csrf("a"), tokens.sign("a")}
    assert len(words) == 4
    assert tokens.csrf("a") == tokens.csrf("a")
