"""Cross-origin requests: only from origins that the settings name, and never with cookies."""

from __future__ import annotations

from collections.abc import Sequence

from alur_gateway.adapters.asgi import Scope, header_of
from alur_gateway.domain.answers import Answer, Header

_METHODS = b"GET, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = b"authorization, content-type, if-match, if-none-match, idempotency-key, last-event-id, traceparent"
_SHOWN_HEADERS = b"alur-execution-id, etag, location, retry-after"


class Cors:
    """The rule of the Fetch standard for the API; sessions stay with our own origin."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    def preflight(self, scope: Scope) -> Answer | None:
        """Return the answer to a preflight request, or None when it is none."""
        asks = header_of(scope, b"access-control-request-method") is not None
        if scope["method"] != "OPTIONS" or not asks:
            return None
        headers: list[Header] = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", b"600"),
        ]
        return Answer(204, headers if self._allowed(scope) else [])

    def headers(self, scope: Scope) -> list[Header]:
        """Return the headers that let the page that asked read the answer."""
        origin = self._allowed(scope)
        if origin is None:
            return [(b"vary", b"origin")]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _SHOWN_HEADERS),
            (b"vary", b"origin"),
        ]

    def _allowed(self, scope: Scope) -> bytes | None:
        origin = header_of(scope, b"origin")
        return origin if origin in self._origins else None
