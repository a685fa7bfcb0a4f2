"""Counting the connections to MongoDB."""

from __future__ import annotations

from pymongo.monitoring import (
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)

from alur_common.telemetry import Metrics

_Ignored = (
    ConnectionCheckOutStartedEvent
    | ConnectionReadyEvent
    | PoolClearedEvent
    | PoolClosedEvent
    | PoolCreatedEvent
    | PoolReadyEvent
)


class PoolMetrics(ConnectionPoolListener):
    """Tells how many connections are open and in use, and how often none was to be had."""

    def __init__(self, metrics: Metrics) -> None:
        connections = metrics.gauge("store_pool_connections")
        self._open = connections.labels("open")
        self._in_use = connections.labels("in-use")
        self._timeouts = metrics.counter("store_pool_timeouts_total")

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        del event
        self._open.inc()

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        del event
        self._open.dec()

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        del event
        self._in_use.inc()

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        del event
        self._in_use.dec()

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        if event.reason == "timeout":
            self._timeouts.inc()

    def _ignore(self, event: _Ignored) -> None:
        """Count nothing."""

    connection_check_out_started = connection_ready = _ignore
    pool_cleared = pool_closed = pool_created = pool_ready = _ignore
