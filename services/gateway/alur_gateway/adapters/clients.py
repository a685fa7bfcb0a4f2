"""Who is at the other end of a request."""

from __future__ import annotations

from collections.abc import Sequence

from alur_gateway.adapters.asgi import Scope, header_of
from alur_gateway.domain.limits import client_of, networks_of


class Clients:
    """Finds the address of a caller behind these trusted proxies."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = networks_of(proxies)

    def of(self, scope: Scope) -> str:
        """Return the address of whoever sent a request."""
        peer = (scope.get("client") or ("unknown", 0))[0]
        forwarded = header_of(scope, b"x-forwarded-for")
        text = None if forwarded is None else forwarded.decode("latin-1")
        return client_of(peer, text, self._proxies)
