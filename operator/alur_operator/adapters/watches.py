"""What is known of the watches that kopf keeps: how often one was begun again, and when each was answered last."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aiohttp

from alur_common.telemetry import Metrics

KINDS: Mapping[str, str] = {"workflows": "workflow", "workflowruns": "run"}
WATCH_SECONDS = 270
"""After so long the cluster ends a watch, and it is begun again."""


class Watches:
    """Counts by the requests that are sent. The cluster ends each watch after some minutes: those count too."""

    def __init__(self, metrics: Metrics, now: Callable[[], float]) -> None:
        self._now = now
        self._restarts = metrics.counter("operator_watch_restarts_total")
        for kind in KINDS.values():
            self._restarts.labels(kind)
        self._made = now()
        self._answered: dict[str, float] = {}

    def silent_seconds(self) -> float:
        """Return how long ago the cluster last began to answer the watch that it left alone longest: one of many that died is seen too."""
        return self._now() - min(self._answered.values(), default=self._made)

    def tracing(self) -> aiohttp.TraceConfig:
        """Return what has a session's requests counted."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._see)
        config.on_request_end.append(self._hear)
        return config

    async def _see(
        self,
        _session: aiohttp.ClientSession,
        _context: object,
        sent: aiohttp.TraceRequestStartParams,
    ) -> None:
        kind = _watched(sent)
        if kind is None:
            return
        if sent.url.path in self._answered:
            self._restarts.labels(kind).inc()
        # One that is never answered is silent from now on.
        self._answered.setdefault(sent.url.path, self._now())

    async def _hear(
        self,
        _session: aiohttp.ClientSession,
        _context: object,
        ended: aiohttp.TraceRequestEndParams,
    ) -> None:
        if _watched(ended) is not None and ended.response.ok:
            self._answered[ended.url.path] = self._now()


def _watched(
    request: aiohttp.TraceRequestStartParams | aiohttp.TraceRequestEndParams,
) -> str | None:
    """Return of which kind this is a watch, or None for other requests."""
    return KINDS.get(request.url.name) if request.url.query.get("watch") == "true" else None
