"""Rate limits, by moving windows of the `limits` library; nothing of it is loaded while none is set."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from alur_common.clock import Clock
from alur_sdk.errors import InvalidError, LimitedError

if TYPE_CHECKING:
    from limits import RateLimitItem

from alur_gateway.adapters.asgi import Scope, header_of
from alur_gateway.adapters.clients import Clients


class Rates:
    """Refuses callers who ask too often: by address, by token and by webhook."""

    def __init__(
        self, clock: Clock, *, by_address: str, by_token: str, by_hook: str, clients: Clients
    ) -> None:
        from limits import parse, storage, strategies  # noqa: PLC0415  # loaded only when a limit is set

        self._clock = clock
        self._window = strategies.MovingWindowRateLimiter(storage.MemoryStorage())
        given = {"ADDRESS": by_address, "TOKEN": by_token, "HOOK": by_hook}
        limits: dict[str, RateLimitItem | None] = {}
        for name, text in given.items():
            try:
                limits[name] = parse(text) if text else None
            except ValueError as error:
                message = (
                    f"ALUR_RATE_PER_{name} is no rate such as 100/second or 5000/hour: {error}"
                )
                raise InvalidError(message) from error
        self._address, self._token, self._hook = limits.values()
        self._clients = clients

    def check_hook(self, scope: Scope, hook_id: str) -> None:
        """Raise `LimitedError` when this webhook or this address is called too often."""
        self._hit(self._hook, "hook", hook_id)
        self._hit(self._address, "address", self._clients.of(scope))

    def check_request(self, scope: Scope) -> None:
        """Raise `LimitedError` when this token or, without one, this address asks too often."""
        authorization = header_of(scope, b"authorization")
        if authorization is None:
            self._hit(self._address, "address", self._clients.of(scope))
        else:
            # Anybody can make tokens up, so a token never lets an address ask more than its own limit.
            self._hit(self._address, "address", self._clients.of(scope))
            self._hit(self._token, "token", hashlib.sha256(authorization).hexdigest())

    def _hit(self, limit: RateLimitItem | None, kind: str, key: str) -> None:
        if limit is None or self._window.hit(limit, kind, key):
            return
        reset_at = self._window.get_window_stats(limit, kind, key).reset_time
        # The library reads the machine's own clock, so no answer is believed beyond the window itself.
        after = min(max(1.0, reset_at - self._clock.now()), float(limit.get_expiry()))
        raise LimitedError(f"too many requests: at most {limit} for each {kind}", after, per=kind)
