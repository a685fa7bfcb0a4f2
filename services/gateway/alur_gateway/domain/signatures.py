"""What a webhook's caller must show before anything is started: header, basic, HMAC or JWT."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alur_engine.durations import duration_seconds
from alur_sdk.errors import UnauthenticatedError

Headers = Mapping[bytes, bytes]
"""Lower-case name -> value."""
_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_JWT_ALGORITHMS = frozenset(
    {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"}
)
_SHARED = frozenset({"HS256", "HS384", "HS512"})
_HEADERS = {"hmac": "X-Hub-Signature-256", "header": "X-API-Key"}


@dataclass(frozen=True, slots=True)
class Proof:
    """What kind of proof, and its settings as the trigger's `auth` has them, defaults filled in."""

    kind: str
    header: bytes
    algorithm: str = "sha256"
    prefix: str = ""
    encoding: str = "hex"
    timestamp_header: bytes | None = None
    tolerance_seconds: float = 300.0
    jwt_algorithms: tuple[str, ...] = ()
    audience: str | None = None
    issuer: str | None = None
    said: frozenset[str] = frozenset()
    """What the trigger itself says; the rest the credential may say."""

    @property
    def reveals_secret(self) -> bool:
        """The header itself is the secret, so it is kept out of the item."""
        return self.kind != "hmac"


def settled(proof: Proof, secret: Mapping[str, str]) -> Proof:
    """Return the proof with what its credential says where the trigger says nothing.

    A credential's algorithm for JSON Web Tokens is the one that is accepted, whatever else the trigger takes.
    """
    if proof.kind == "jwt":
        only = secret.get("algorithm")
        if not only:
            return proof
        is_taken = "algorithms" not in proof.said or only in proof.jwt_algorithms
        return replace(proof, jwt_algorithms=(only,) if is_taken else ())
    changes: dict[str, Any] = {
        name: secret[name]
        for name in _SAID_BY_CREDENTIAL.get(proof.kind, ())
        if secret.get(name) and name not in proof.said
    }
    if "header" in changes:
        changes["header"] = changes["header"].lower().encode("latin-1", "replace")
    return replace(proof, **changes) if changes else proof


_SAID_BY_CREDENTIAL = {"hmac": ("algorithm", "header", "prefix", "encoding"), "header": ("header",)}


def proof_of(auth: Mapping[str, Any]) -> Proof | None:
    """Return the proof that a trigger's `auth` asks for, or None."""
    kind = auth.get("type", "none")
    if kind == "none":
        return None
    default = _HEADERS.get(kind, "Authorization")
    timestamp = auth.get("timestampHeader")
    return Proof(
        kind=kind,
        header=str(auth.get("header") or default).lower().encode("latin-1", "replace"),
        algorithm=str(auth.get("algorithm", "sha256")),
        prefix=str(auth.get("prefix", "sha256=" if kind == "hmac" else "")),
        encoding=str(auth.get("encoding", "hex")),
        timestamp_header=timestamp.lower().encode("latin-1", "replace") if timestamp else None,
        tolerance_seconds=duration_seconds(auth.get("tolerance", "PT5M")),
        jwt_algorithms=tuple(auth.get("algorithms", ("HS256",))),
        audience=auth.get("audience"),
        issuer=auth.get("issuer"),
        said=frozenset(auth),
    )


_SCHEMES = {"basic": "Basic", "jwt": "Bearer", "header": "ApiKey"}
"""What a refusal names as wanted (RFC 9110, section 11.6.1); what is signed has no registered scheme."""


def check_proof(
    proof: Proof, secret: Mapping[str, str], headers: Headers, body: bytes, now: float
) -> None:
    """Raise `UnauthenticatedError` unless the request shows the proof; compares in constant time.

    `secret` holds the fields of the credential in the slot `auth`.
    """
    check = _CHECKS.get(proof.kind)
    if check is None or not check(proof, secret, headers, body, now):
        scheme = _SCHEMES.get(proof.kind, "Signature")
        raise UnauthenticatedError("the webhook's proof is missing or wrong", scheme=scheme)


def _same(given: bytes, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(given, wanted.encode())


def _header(
    proof: Proof, secret: Mapping[str, str], headers: Headers, _body: bytes, _now: float
) -> bool:
    given = headers.get(proof.header, b"")
    if "token" in secret and not proof.prefix:
        return _same(given.removeprefix(b"Bearer "), secret["token"])
    wanted = secret.get("value") or secret.get("token") or ""
    return bool(wanted) and _same(given, proof.prefix + wanted)


def _basic(
    proof: Proof, secret: Mapping[str, str], headers: Headers, _body: bytes, _now: float
) -> bool:
    scheme, _, given = headers.get(proof.header, b"").partition(b" ")
    try:
        pair = base64.b64decode(given.strip(), validate=True)
    except binascii.Error:
        return False
    wanted = f"{secret.get('username', '')}:{secret.get('password', '')}"
    return scheme.lower() == b"basic" and wanted != ":" and _same(pair, wanted)


def _hmac(
    proof: Proof, secret: Mapping[str, str], headers: Headers, body: bytes, now: float
) -> bool:
    key = secret.get("secret", "")
    given = headers.get(proof.header, b"")
    prefix = proof.prefix.encode()
    if proof.algorithm not in _ALGORITHMS or not key or not given.startswith(prefix):
        return False
    content = body
    if proof.timestamp_header is not None:
        stamp = headers.get(proof.timestamp_header, b"")
        if not _is_fresh(stamp, now, proof.tolerance_seconds):
            return False
        content = stamp + b"." + body
    digest = hmac.new(key.encode(), content, proof.algorithm).digest()
    is_hex = proof.encoding == "hex"
    wanted = digest.hex() if is_hex else base64.b64encode(digest).decode()
    signature = given[len(prefix) :]
    return _same(signature.lower() if is_hex else signature, wanted)


def _is_fresh(stamp: bytes, now: float, tolerance_seconds: float) -> bool:
    try:
        sent = float(stamp)
    except ValueError:
        return False
    # Some senders count milliseconds; no clock that counts seconds gets there before the year 5138.
    sent = sent / 1000 if sent > 1e11 else sent  # noqa: PLR2004  # see the line above
    return abs(now - sent) <= tolerance_seconds


def _jwt(
    proof: Proof, secret: Mapping[str, str], headers: Headers, _body: bytes, now: float
) -> bool:
    import jwt  # noqa: PLC0415  # most workflows never see a JWT, and its import takes time

    token = headers.get(proof.header, b"").removeprefix(b"Bearer ")
    try:
        algorithm = str(jwt.get_unverified_header(token).get("alg"))
        # A shared secret and a public key lie in different fields, so neither is ever taken for the other.
        key = secret.get("secret" if algorithm in _SHARED else "publicKey", "")
        if algorithm not in proof.jwt_algorithms or algorithm not in _JWT_ALGORITHMS or not key:
            return False
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=proof.audience,
            issuer=proof.issuer,
            # Time is judged below, by the clock that was passed in.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError):
        return False
    return _is_current(claims, now)


def _is_current(claims: Mapping[str, Any], now: float) -> bool:
    """Whether `exp` and `nbf` (RFC 7519, 4.1.4 and 4.1.5) hold at this time, give or take half a minute."""
    leeway_seconds = 30
    expires, begins = claims.get("exp"), claims.get("nbf", now)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        return False
    return begins - leeway_seconds <= now < expires + leeway_seconds


_CHECKS: Mapping[str, Callable[[Proof, Mapping[str, str], Headers, bytes, float], bool]] = {
    "header": _header,
    "basic": _basic,
    "hmac": _hmac,
    "jwt": _jwt,
}
