"""What is known of the watches that kopf keeps: how often one was begun again, and when the oldest began."""

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
        self._begun: dict[str, float] = {}

    def silent_seconds(self) -> float:
        """Return how long ago the watch was begun that was begun least lately: one of many that died is seen too."""
        return self._now() - min(self._begun.values(), default=self._made)

    def tracing(self) -> aiohttp.TraceConfig:
        """Return what has a session's requests counted."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._see)
        return config

    async def _see(
        self,
        _session: aiohttp.ClientSession,
        _context: object,
        sent: aiohttp.TraceRequestStartParams,
    ) -> None:
        kind = KINDS.get(sent.url.name)
        if kind is None or sent.url.query.get("watch") != "true":
            return
        if sent.url.path in self._begun:
            self._restarts.labels(kind).inc()
        self._begun[sent.url.path] = self._now()
