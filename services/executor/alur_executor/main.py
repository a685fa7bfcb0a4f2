"""Builds the executor from its parts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alur_common.blobs import Blobs
from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.documents.port import Documents
from alur_common.events import ExecutionAdmitted, ExecutionNudged
from alur_common.executions import StoredExecutions, StoredInbox, StoredJournals
from alur_common.executions.workers import Workers
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.guard import Guard
from alur_common.progress import LocalProgress
from alur_common.replies import Replies
from alur_common.starts import Starts
from alur_common.telemetry import Metrics
from alur_engine.catalogue import Catalogue
from alur_engine.expressions import Evaluator
from alur_engine.state import Limits
from alur_executor.adapters.http_client import HttpClient
from alur_executor.adapters.meter import PrometheusMeter
from alur_executor.ports import Definitions
from alur_executor.service.executor import Capacity, Executor
from alur_executor.service.parts import Parts
from alur_executor.service.programs import Programs
from alur_executor.settings import Settings
from alur_nodes.registry import node_class

GROUP = "executor"


class ExecutorService:
    """An executor, its lease and its connections."""

    def __init__(self, executor: Executor, http: HttpClient) -> None:
        self.executor = executor
        self._http = http
        self._lease: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Hold a lease from now on; work comes by the bus."""
        self._lease = asyncio.get_running_loop().create_task(self.executor.keep_lease())

    async def stop(self) -> None:
        """Drain, then let go of the lease and all connections."""
        if self._lease is not None:
            self._lease.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._lease
        await self.executor.stop()
        await self._http.close()


@dataclass(frozen=True, slots=True)
class Needs:
    """What an executor is built on. `worker` names this process among all executors."""

    documents: Documents
    blobs: Blobs
    bus: Bus
    starts: Starts
    definitions: Definitions
    replies: Replies
    progress: LocalProgress
    clock: Clock
    metrics: Metrics
    worker: str
    catalogue: Mapping[str, Any]


def build(needs: Needs, settings: Settings) -> ExecutorService:
    """Return an executor that takes what the bus admits."""
    http = HttpClient(Guard(AllowedNetworks.parse(settings.outbound_allow)))
    types = Catalogue.from_json(needs.catalogue)
    capacity = Capacity(
        settings.executor_concurrency, settings.lease_seconds, settings.drain_seconds
    )
    executor = Executor(
        _parts(needs, settings, http),
        Programs(types, node_class, Evaluator()),
        Workers(needs.documents),
        capacity,
    )
    needs.progress.live = executor.live
    needs.bus.subscribe(ExecutionAdmitted, GROUP, executor.on_admitted)
    needs.bus.subscribe(ExecutionNudged, GROUP, executor.on_nudged)
    return ExecutorService(executor, http)


def _parts(needs: Needs, settings: Settings, http: HttpClient) -> Parts:
    return Parts(
        worker=needs.worker,
        executions=StoredExecutions(needs.documents),
        journals=StoredJournals(needs.documents),
        inbox=StoredInbox(needs.documents),
        blobs=needs.blobs,
        bus=needs.bus,
        starts=needs.starts,
        definitions=needs.definitions,
        replies=needs.replies,
        progress=needs.progress,
        http=http,
        clock=needs.clock,
        random=random.SystemRandom().random,
        meter=PrometheusMeter(needs.metrics),
        environment=allowed_environment(settings.env_allow, os.environ),
        limits=Limits(),
        in_memory_delay=settings.in_memory_delay_seconds,
    )


class _Allowed:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __call__(self) -> Mapping[str, str]:
        return self._values


def allowed_environment(names: str, environment: Mapping[str, str]) -> _Allowed:
    """Return what `$env` shows: the variables on the allow list that are set."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    return _Allowed({name: environment[name] for name in wanted if name in environment})
