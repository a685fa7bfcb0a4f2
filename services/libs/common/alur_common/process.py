"""A service as a process: its logs, metrics and traces, and being told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from alur_common.memory import settle
from alur_common.settings import Settings
from alur_common.telemetry import (
    Metrics,
    configure_logs,
    get_logger,
    open_tracer,
    start_metrics_server,
)
from alur_common.telemetry.tracing import Tracer

_log = get_logger("alur.process")


class Process:
    """What a service's `main` waits for."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None) -> None:
        self.metrics = metrics
        self.tracer = tracer
        """None: nothing is traced."""
        self._told = asyncio.Event()
        self._starting = asyncio.current_task()

    @property
    def is_told(self) -> bool:
        """It was told to stop."""
        return self._told.is_set()

    def tell(self) -> None:
        """Stop in good order, a start that still waits for something too; a second time at once."""
        if self._told.is_set():
            os._exit(1)
        self._told.set()
        if self._starting is not None:
            self._starting.cancel()

    def listen(self) -> None:
        """Listen to SIGTERM and SIGINT, also after somebody else did."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.tell)

    def takes_work(self) -> None:
        """Say that work comes from now on: a start that is told to stop goes on to `until_told`, after which it is ended."""
        self._starting = None

    async def until_told(self, *beside: Coroutine[Any, Any, Any]) -> None:
        """Return on SIGTERM or SIGINT, or when something that runs beside ends; what runs beside is cancelled."""
        self.takes_work()
        settle()
        tasks = [asyncio.ensure_future(one) for one in (self._told.wait(), *beside)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def process(service: str, settings: Settings) -> AsyncIterator[Process]:
    """Configure logs, serve metrics, trace where the environment says so, and listen to signals.

    A start that is told to stop before it takes work ends here.
    """
    configure_logs(service, settings.log_level)
    metrics = Metrics()
    tracer = open_tracer(service, settings.worker)
    running = Process(metrics, tracer)
    running.listen()
    server = start_metrics_server(metrics, settings.metrics_host, settings.metrics_port)
    _log.info("metrics served", port=server.port, is_traced=tracer is not None)
    lists = settings.allow_lists
    if lists.everyone or lists.owned:
        owned = dict(lists.owned)
        _log.info("networks beside the public internet", all=lists.everyone, projects=owned)
    try:
        yield running
    except asyncio.CancelledError:
        if not running.is_told:
            raise
    finally:
        server.close()
        if tracer is not None:
            await tracer.close()
