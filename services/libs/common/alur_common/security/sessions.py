"""Access tokens of sessions: short-lived JSON Web Tokens signed with Ed25519 (RFC 8037), one fixed algorithm."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alur_common.clock import Clock
from alur_sdk.errors import UnauthenticatedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "alur"
AUDIENCE = "alur-api"
ALGORITHMS = ["EdDSA"]
ACCESS_SECONDS = 15 * 60
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "sid", "ten"]
_MAX_BYTES = 4096
# A token that is none of ours comes here as well.
_NOT_VALID = "the token or session is not valid: send a valid token, or sign in again"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says; the role is looked up, never carried."""

    tenant: str
    user: str
    session: str
    expires_at: float


class AccessTokens:
    """Signs and verifies access tokens with one key of 32 bytes."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(self, tenant: str, user: str, session: str) -> tuple[str, float]:
        """Return a token and when it ends, in seconds since 1970."""
        import jwt  # noqa: PLC0415  (160 ms, and only sessions need it)

        issued = int(self._clock.now())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user,
            "ten": tenant,
            "sid": session,
            "iat": issued,
            "exp": issued + ACCESS_SECONDS,
        }
        return jwt.encode(claims, self._private, algorithm="EdDSA"), float(claims["exp"])

    def verify(self, token: str) -> Claims:
        """Return what the token says, or raise `UnauthenticatedError`; headers such as `kid` and `jku` are not read."""
        import jwt  # noqa: PLC0415  (160 ms, and only sessions need it)

        if len(token) > _MAX_BYTES:
            raise UnauthenticatedError(_NOT_VALID)
        try:
            claims = jwt.decode(
                token,
                self._private.public_key(),
                algorithms=ALGORITHMS,
                audience=AUDIENCE,
                issuer=ISSUER,
                # Time comes from our clock below, so that tests and simulations can move it.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise UnauthenticatedError(_NOT_VALID) from error
        return self._claims(claims)

    def csrf(self, session: str) -> str:
        """Return what a browser repeats in a header with each write of this session; it follows from the key."""
        return self._mac("csrf", session)

    def sign(self, text: str) -> str:
        """Return a keyed signature of a text that is kept beside it, such as the end of the audit chain."""
        return self._mac("sign", text)

    def _mac(self, purpose: str, text: str) -> str:
        key = hashlib.sha256(b"alur " + purpose.encode() + self._key).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def _claims(self, claims: dict[str, Any]) -> Claims:
        tenant, user, session = claims["ten"], claims["sub"], claims["sid"]
        expires_at = claims["exp"]
        if not all(isinstance(value, str) for value in (tenant, user, session)):
            raise UnauthenticatedError(_NOT_VALID)
        if not (isinstance(expires_at, int | float) and expires_at > self._clock.now()):
            raise UnauthenticatedError("the session is over: refresh it or sign in again")
        return Claims(tenant, user, session, float(expires_at))

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415  (40 ms, for sessions)
            ed25519,
        )

        return ed25519.Ed25519PrivateKey.from_private_bytes(self._key)
