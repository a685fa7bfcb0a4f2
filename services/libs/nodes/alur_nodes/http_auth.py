"""How a credential goes into an HTTP request."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping

from alur_nodes.http_params import Auth
from alur_sdk import Permanent, Secret
from alur_sdk.errors import LIMITED_CREDENTIAL
from alur_sdk.hosts import is_within, plain_host

_ALGORITHMS = ("sha256", "sha384", "sha512", "sha1")

Additions = tuple[dict[str, str], dict[str, str]]
"""Headers and query parameters."""


def signed(secret: Secret, auth: Auth, body: bytes) -> Additions:
    """Return the headers and query parameters that prove who asks.

    Raises `Permanent` for a credential whose type or fields do not fit.
    """
    prove = _SCHEMES.get(secret.type)
    if prove is None:
        raise Permanent(
            f"a credential of type {secret.type!r} cannot be sent by HTTP", code="bad-credential"
        )
    return prove(secret.fields, auth, body)


def check_target(secret: Secret, url: str) -> None:
    """Raise `Permanent` when the credential may not be sent to this address.

    A limited credential goes only to addresses of the plainest form, which no two programs read differently.
    """
    host = plain_host(url)
    if secret.domains and not is_within(host, secret.domains):
        there = host or f"{url[:80]!r}, which is not written plainly"
        raise Permanent(
            f"params.url: the credential {secret.name} may be sent to {', '.join(secret.domains)} only, "
            f"not to {there}: change the address, or the `allowedDomains` of the credential",
            host=host,
            code="bad-credential",
            **{LIMITED_CREDENTIAL: secret.name},
        )


def _api_key(fields: Mapping[str, str], auth: Auth, _: bytes) -> Additions:
    value = auth.prefix + _field(fields, "key")
    query = fields.get("query")
    if auth.in_ == "query" or (query and auth.name is None):
        return {}, {auth.name or query or "api_key": value}
    return {auth.name or fields.get("header") or "X-API-Key": value}, {}


def _basic(fields: Mapping[str, str], _: Auth, __: bytes) -> Additions:
    user = _field(fields, "username")
    if ":" in user:
        raise Permanent(
            "a user name for basic authentication cannot hold a colon", code="bad-credential"
        )
    pair = f"{user}:{fields.get('password', '')}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}, {}


def _bearer(fields: Mapping[str, str], auth: Auth, _: bytes) -> Additions:
    prefix = auth.prefix or "Bearer "
    return {auth.name or "Authorization": prefix + _field(fields, "token")}, {}


def _hmac(fields: Mapping[str, str], auth: Auth, body: bytes) -> Additions:
    algorithm = fields.get("algorithm") or "sha256"
    if algorithm not in _ALGORITHMS:
        raise Permanent(
            f"the credential names the algorithm {algorithm[:20]!r}, which is not known",
            code="bad-credential",
        )
    digest = hmac.new(_field(fields, "secret").encode(), body, getattr(hashlib, algorithm))
    prefix = auth.prefix or fields.get("prefix", f"{algorithm}=")
    encoded = digest.hexdigest()
    if fields.get("encoding") == "base64":
        encoded = b64encode(digest.digest()).decode()
    return {auth.name or fields.get("header") or "X-Signature-256": prefix + encoded}, {}


def _field(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if not value:
        raise Permanent(f"the credential has no field `{name}`", code="bad-credential")
    return value


_SCHEMES: Mapping[str, Callable[[Mapping[str, str], Auth, bytes], Additions]] = {
    "api-key": _api_key,
    "basic": _basic,
    "bearer": _bearer,
    "hmac": _hmac,
}
