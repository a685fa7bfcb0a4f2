"""What is known of the watches that kopf keeps: how often one was begun again, and when the cluster was last heard of."""

from __future__ import annotations

import time
from collections.abc import Mapping

import aiohttp

from alur_common.telemetry import Metrics

KINDS: Mapping[str, str] = {"workflows": "workflow", "workflowruns": "run"}


class Watches:
    """Counts by the requests that are sent. The cluster ends each watch after some minutes: those count too."""

    def __init__(self, metrics: Metrics) -> None:
        self._restarts = metrics.counter("operator_watch_restarts_total")
        for kind in KINDS.values():
            self._restarts.labels(kind)
        self._begun: set[str] = set()
        self._heard = time.monotonic()

    @property
    def silent_seconds(self) -> float:
        """Return how long ago a watch was begun or told us something."""
        return time.monotonic() - self._heard

    def hear(self) -> None:
        """Something came."""
        self._heard = time.monotonic()

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
        self.hear()
        if sent.url.path in self._begun:
            self._restarts.labels(kind).inc()
        self._begun.add(sent.url.path)
