"""Builds the executor from its parts."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alur_common.blobs import Blobs
from alur_common.bus import Bus
from alur_common.calls.channels import Channels
from alur_common.calls.client import Channel
from alur_common.calls.executors import PORT as EXECUTOR_PORT
from alur_common.calls.progress import PORT as PROGRESS_PORT
from alur_common.calls.progress import ProgressPort
from alur_common.calls.replies import RemoteReplies
from alur_common.calls.security import remote_security_log
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.catalogue import load_catalogue
from alur_common.clock import Clock
from alur_common.definitions_remote import RemoteDefinitions, definition_calls
from alur_common.documents.port import Documents
from alur_common.events import ExecutionAdmitted, ExecutionNudged, TaskOffered
from alur_common.executions import (
    COLLECTIONS,
    Outbox,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    Tasks,
    Workers,
)
from alur_common.ground import Ground, ground
from alur_common.outbound import Decisions, Guards
from alur_common.pools import DEFAULT_POOL, PoolProjects, Pools
from alur_common.process import Process, process
from alur_common.progress import LocalProgress
from alur_common.replies import Replies
from alur_common.security.events import Notes, SecurityEvents
from alur_common.starts import Starts
from alur_common.telemetry import Metrics, get_logger
from alur_common.telemetry.tracing import Tracer
from alur_engine.catalogue import Catalogue
from alur_engine.expressions import CompiledSubset, Evaluator, JailedJavaScript
from alur_engine.state import Limits
from alur_executor.adapters.file_area import MIB, FileAreas, Quota, default_folder
from alur_executor.adapters.meter import PrometheusJailMeter, PrometheusMeter
from alur_executor.adapters.peers import ExecutorPort, RemotePeers
from alur_executor.adapters.tracing import OtelTracing
from alur_executor.adapters.ways import GuardedWays
from alur_executor.ports import Definitions, Peers
from alur_executor.service.executor import Capacity, Executor
from alur_executor.service.parts import Parts
from alur_executor.service.previewing import Previews
from alur_executor.service.programs import Programs
from alur_executor.service.serving import Serving
from alur_executor.settings import Settings
from alur_jail import Jail, JailSettings
from alur_nodes.registry import node_class
from alur_sdk.errors import AlurError

GROUP = "executor"
NUDGES = f"{GROUP}-nudges"
"""A group of its own: what is admitted and waits for room pauses the whole of its group, and a nudge may make the room."""
SHORT_WAIT_SECONDS = 1.0
"""The scheduler would not wake it sooner."""
_log = get_logger("alur.executor")


class ExecutorService:
    """An executor, its lease and its connections."""

    def __init__(
        self,
        executor: Executor,
        ways: GuardedWays,
        jail: Jail,
        progress: LocalProgress,
        *,
        files: FileAreas,
        previews: Previews,
        serving: Serving,
        drain_seconds: float,
    ) -> None:
        self.executor = executor
        self._serving = serving
        self._drain_seconds = drain_seconds
        self.progress = progress
        self._ways = ways
        self._jail = jail
        self._files = files
        self.previews = previews

    async def start(self) -> None:
        """Hold a lease from now on; work comes by the bus."""
        if reason := self._jail.why_not():
            _log.warning("no code of users runs here", reason=reason)
        await self._tidy()
        await self.executor.hold_lease()
        self._serving.start()

    async def _tidy(self) -> None:
        """Remove the files of processes that died. Where that may not be, only nodes that need files fail."""
        try:
            if left := await self._files.sweep():
                _log.info("files of processes that died are removed", processes=left)
        except (AlurError, OSError) as error:
            _log.warning("no files of executions are kept here", reason=str(error))

    async def stop(self) -> None:
        """Drain, then let go of the lease and all connections."""
        await self._serving.stop(self._drain_seconds)
        await self.executor.stop()
        await self._ways.close()
        await self._jail.stop()
        await self._files.close()


@dataclass(frozen=True, slots=True)
class Needs:
    """What an executor is built on. `worker` names this process among all executors."""

    documents: Documents
    blobs: Blobs
    bus: Bus
    outbox: Outbox
    starts: Starts
    definitions: Definitions
    replies: Replies
    progress: LocalProgress
    clock: Clock
    metrics: Metrics
    security: Notes
    worker: str
    catalogue: Mapping[str, Any]
    peers: Peers | None = None
    tracer: Tracer | None = None


def build(needs: Needs, settings: Settings) -> ExecutorService:
    """Return an executor that takes what the bus admits, where it serves the default pool, and tasks of its pools."""
    pools = Pools.parse(settings.pools)
    decisions = Decisions(needs.metrics.counter("outbound_decisions_total"))
    ways = GuardedWays(settings.kafka, Guards(settings.allow_lists, decisions=decisions))
    jail = Jail(jail_settings(settings), PrometheusJailMeter(needs.metrics))
    types = Catalogue.from_json(needs.catalogue)
    capacity = Capacity(
        settings.executor_concurrency,
        settings.executor_tenant_concurrency,
        settings.lease_seconds,
        settings.drain_seconds,
        settings.executor_tenant_weights,
    )
    files = _files(settings)
    parts = _parts(needs, settings, ways=ways, jail=jail, files=files)
    evaluator = Evaluator((CompiledSubset(), JailedJavaScript()))
    programs = Programs(types, node_class, evaluator, pools)
    executor = Executor(parts, programs, Workers(needs.documents), capacity, needs.peers)
    executor.pools = pools.names
    serving = Serving(parts, programs, pools, settings.pool_tasks)
    needs.progress.live = executor.live
    _subscribe(needs, pools, executor, serving)
    return ExecutorService(
        executor,
        ways,
        jail,
        needs.progress,
        files=files,
        previews=Previews(jail, needs.security),
        serving=serving,
        drain_seconds=settings.drain_seconds,
    )


def _files(settings: Settings) -> FileAreas:
    quota = Quota(
        settings.files_max_mib * MIB, settings.files_max_count, settings.files_total_mib * MIB
    )
    return FileAreas(settings.files or default_folder(), quota)


def _subscribe(needs: Needs, pools: Pools, executor: Executor, serving: Serving) -> None:
    if pools.serves(DEFAULT_POOL):
        needs.bus.subscribe(ExecutionAdmitted, GROUP, executor.on_admitted)
        needs.bus.subscribe(ExecutionNudged, NUDGES, executor.on_nudged)
    if pools.takes_tasks:
        # Whoever has room is to hear of it; one of them claims it.
        group = f"pools-{needs.worker}"
        needs.bus.subscribe(TaskOffered, group, serving.on_offered, broadcast=True)


def jail_settings(settings: Settings) -> JailSettings:
    """Return what the settings say of the jail."""
    return JailSettings(
        bubblewrap=settings.code_bubblewrap,
        concurrency=settings.code_concurrency,
        max_seconds=settings.code_max_seconds,
        max_memory=settings.code_max_memory_mib * MIB,
        tenant_seconds=settings.code_tenant_seconds,
        tenant_memory={t: mib * MIB for t, mib in settings.code_tenant_memory_mib.items()},
        packages=tuple(_names(settings.code_packages)),
        bridge="alur_engine.expressions.bridge",
        bridge_packages=("alur_engine", "alur_sdk", "jmespath", "tzdata"),
        cgroup=settings.code_cgroup,
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _parts(
    needs: Needs,
    settings: Settings,
    *,
    ways: GuardedWays,
    jail: Jail,
    files: FileAreas,
) -> Parts:
    return Parts(
        worker=needs.worker,
        executions=StoredExecutions(needs.documents),
        journals=StoredJournals(needs.documents),
        inbox=StoredInbox(needs.documents),
        tasks=Tasks(needs.documents),
        blobs=needs.blobs,
        bus=needs.bus,
        outbox=needs.outbox,
        starts=needs.starts,
        definitions=needs.definitions,
        replies=needs.replies,
        progress=needs.progress,
        ways=ways,
        jail=jail,
        files=files,
        clock=needs.clock,
        random=random.SystemRandom().random,
        meter=PrometheusMeter(needs.metrics),
        environment=allowed_environment(settings.env_allow, os.environ),
        limits=Limits(),
        security=needs.security,
        pool_projects=PoolProjects.parse(settings.pool_projects),
        in_memory_delay=settings.in_memory_delay_seconds,
        in_memory_wait=SHORT_WAIT_SECONDS,
        tracing=None if needs.tracer is None else OtelTracing(needs.tracer),
    )


class _Allowed:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __call__(self) -> Mapping[str, str]:
        return self._values


def allowed_environment(names: str, environment: Mapping[str, str]) -> _Allowed:
    """Return what `$env` shows: the variables on the allow list that are set."""
    return _Allowed({name: environment[name] for name in _names(names) if name in environment})


async def main(settings: Settings) -> None:
    """Run an executor until told to stop: it takes what the bus admits."""
    async with (
        process("executor", settings) as running,
        ground("executor", running, settings, COLLECTIONS) as under,
    ):
        calls = CallSettings()
        channels = Channels(calls)
        replies = RemoteReplies(channels, running.tracer)
        registry = Channel(settings.registry, calls)
        definitions = RemoteDefinitions(definition_calls(registry), under.clock)
        security = SecurityEvents(remote_security_log(registry), under.clock, running.metrics)
        needs = _needs(under, running, definitions, replies, channels, security=security)
        service = build(needs, settings)
        server = CallsServer(calls, running.metrics, running.tracer)
        port = ExecutorPort(service.executor, service.previews)
        server.serve(EXECUTOR_PORT, [port.nudge, port.admit, port.preview])
        server.serve(PROGRESS_PORT, [ProgressPort(service.progress).watch])
        address = calls.reached_at(await server.start(calls.host, calls.port))
        running.takes_work()
        await service.start()
        if settings.worker:
            await _forget_former(Workers(under.documents), under.worker)
        await under.bus.start()
        # Only now: while it starts it may be too busy to answer who hands something over.
        service.executor.address = address
        _log.info("executor ready", worker=under.worker, address=address, pools=settings.pools)
        await running.until_told(under.dependencies.follow(server.health.turn))
        await server.drain()
        await under.bus.rest()
        await service.stop()
        await replies.close()
        await server.stop()
        await channels.close()
        await security.close()
        await registry.close()


async def _forget_former(workers: Workers, worker: str) -> None:
    """What a process of this name had goes on now; where that cannot be said, once its lease has run out."""
    try:
        await workers.forget_former(worker)
    except AlurError as error:
        _log.warning("lease of before not removed, it runs out", reason=error.message)


def _needs(
    under: Ground,
    running: Process,
    definitions: Definitions,
    replies: Replies,
    channels: Channels,
    *,
    security: Notes,
) -> Needs:
    executions = StoredExecutions(under.documents)
    return Needs(
        documents=under.documents,
        blobs=under.blobs,
        bus=under.bus,
        outbox=under.outbox,
        starts=Starts(executions, under.blobs, under.bus, under.clock, under.ids),
        definitions=definitions,
        replies=replies,
        progress=LocalProgress(),
        clock=under.clock,
        metrics=running.metrics,
        security=security,
        worker=under.worker,
        catalogue=load_catalogue(),
        peers=RemotePeers(Workers(under.documents), channels),
        tracer=running.tracer,
    )
