"""Builds the gateway from its parts."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alur_common.calls.channels import Channels
from alur_common.calls.client import Channel
from alur_common.calls.progress import RemoteProgress
from alur_common.calls.replies import PORT as REPLIES_PORT
from alur_common.calls.replies import ReplyPort
from alur_common.calls.security import remote_security_log
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.catalogue import load_catalogue
from alur_common.clock import Clock
from alur_common.events import WorkflowVersionPublished
from alur_common.executions import (
    COLLECTIONS,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    Workers,
)
from alur_common.ground import Ground, ground
from alur_common.process import Process, process
from alur_common.replies import LocalReplies
from alur_common.security.events import SecurityEvents
from alur_common.starts import Starts
from alur_common.telemetry import Metrics, get_logger
from alur_common.telemetry.tracing import Tracer
from alur_engine.catalogue import Catalogue
from alur_gateway.adapters.asgi import App
from alur_gateway.adapters.clients import Clients
from alur_gateway.adapters.cors import Cors
from alur_gateway.adapters.files import Files
from alur_gateway.adapters.grpc.server import serve_grpc
from alur_gateway.adapters.history import JournalHistory
from alur_gateway.adapters.hooks import HookApp
from alur_gateway.adapters.lazy_api import LazyApi
from alur_gateway.adapters.metrics import RequestMetrics
from alur_gateway.adapters.previews import RemotePreviews
from alur_gateway.adapters.probes import Probes
from alur_gateway.adapters.rates import Rates
from alur_gateway.adapters.remote import RemoteRegistry, as_port
from alur_gateway.adapters.root import Parts, Root
from alur_gateway.adapters.server import listen
from alur_gateway.service.backlog import BoundedStarts
from alur_gateway.service.changes import WorkflowChanges
from alur_gateway.service.evaluating import Evaluating
from alur_gateway.service.executions import ExecutionService
from alur_gateway.service.needs import Needs
from alur_gateway.service.refusals import Refusals
from alur_gateway.service.use_cases import UseCases
from alur_gateway.service.watching import Watching
from alur_gateway.service.webhooks import Webhooks
from alur_gateway.settings import Settings, listed
from alur_sdk.errors import UnavailableError

if TYPE_CHECKING:
    from alur_gateway.adapters.server import HttpServer

_PAGES = Path(__file__).parent / "adapters" / "pages"
WARM_AFTER_SECONDS = 0.2
WAIT_SECONDS = 0.2
"""Between two looks for a registry that is not there yet."""
_log = get_logger("alur.gateway")


class Gateway:
    """The gateway: one ASGI application and its server."""

    def __init__(self, root: Root, use_cases: UseCases, probes: Probes, settings: Settings) -> None:
        self._root = root
        self._probes = probes
        self._settings = settings
        self._server: HttpServer | None = None
        self.use_cases = use_cases
        """What REST and gRPC share."""
        self.grpc_identity = settings.grpc_identity

    @property
    def asgi(self) -> App:
        """The ASGI application."""
        return self._root

    def set_ready(self, is_ready: bool) -> None:  # a switch is what it sets
        """Say on `/readyz` whether requests are welcome."""
        self._probes.is_ready = is_ready

    def set_lost(self, reason: str) -> None:
        """Say on `/readyz` what is out of reach; nothing: all is there."""
        self._probes.reason = reason

    async def serve(self, listener: socket.socket) -> None:
        """Serve on a listening socket (see `adapters.server.listen`) until `stop`."""
        from alur_gateway.adapters.server import HttpServer  # noqa: PLC0415  # not every process serves

        self._server = HttpServer(
            self._root,
            body_seconds=self._settings.body_seconds,
            drain_seconds=self._settings.drain_seconds,
        )
        warming = asyncio.create_task(self._warm())
        try:
            await self._server.run(listener)
        finally:
            warming.cancel()

    async def _warm(self) -> None:
        """Load the REST interface in a thread soon after the start, so that its first caller need not wait."""
        await asyncio.sleep(WARM_AFTER_SECONDS)
        await self._root.warm()

    def stop(self) -> None:
        """Turn unready, take no new connections, and let `serve` return when running requests are done."""
        self.set_ready(False)
        if self._server is not None:
            self._server.stop()


def build(
    needs: Needs,
    settings: Settings,
    *,
    metrics: Metrics,
    tracer: Tracer | None = None,
) -> Gateway:
    """Build the gateway. It is not ready before `set_ready(True)`.

    Raises `InvalidError` for rate limits and networks that cannot be read.
    """
    bounded = BoundedStarts(needs.starts, needs.executions, needs.clock, settings.backlog_seconds)
    needs = replace(needs, starts=bounded)
    use_cases = _use_cases(needs, settings)
    webhooks = Webhooks(needs, name=settings.gateway_name, reply_seconds=settings.reply_seconds)
    probes = Probes()
    origins, clients = listed(settings.cors_origins), Clients(listed(settings.trusted_proxies))
    parts = Parts(
        hooks=HookApp(webhooks),
        api=LazyApi(
            use_cases, max_document_bytes=settings.max_document_bytes, secure=settings.is_secure
        ),
        files=Files(settings.editor_dir, _pages()),
        probes=probes,
        metrics=RequestMetrics(metrics),
        tracer=tracer,
        rates=_rates(settings, needs.clock, clients),
        clients=clients,
        refusals=use_cases.refusals,
        cors=Cors(origins) if origins else None,
        clock=needs.clock,
        ids=needs.ids,
    )
    return Gateway(Root(parts), use_cases, probes, settings)


def _use_cases(needs: Needs, settings: Settings) -> UseCases:
    executions = ExecutionService(needs, name=settings.gateway_name)
    watching = Watching(needs.executions, needs.progress, executions)
    changes = WorkflowChanges(
        needs.bus, gateway=settings.gateway_name, origin=needs.ids.execution()
    )
    evaluating = Evaluating(needs.previews, needs.clock)
    return UseCases(
        needs.registry,
        executions,
        watching,
        evaluating,
        needs.clock,
        changes,
        Refusals(needs.security, needs.registry),
    )


def _rates(settings: Settings, clock: Clock, clients: Clients) -> Rates | None:
    if not settings.has_rates:
        return None
    return Rates(
        clock,
        by_address=settings.rate_per_address,
        by_token=settings.rate_per_token,
        by_hook=settings.rate_per_hook,
        clients=clients,
    )


def _pages() -> list[tuple[str, Path]]:
    return [
        ("/api/docs", _PAGES / "docs.html"),
        ("/api/docs.js", _PAGES / "docs.js"),
        ("/api/docs.css", _PAGES / "docs.css"),
    ]


async def main(settings: Settings) -> None:
    """Run a gateway until told to stop; without a registry within reach probes answer and all else is 503."""
    async with (
        process("gateway", settings) as running,
        ground("gateway", running, settings, COLLECTIONS) as under,
    ):
        await _Alone(running, under, settings).serve()


class _Alone:
    """A gateway in a process of its own, joined to the others by calls and the bus."""

    def __init__(self, running: Process, under: Ground, settings: Settings) -> None:
        self._running = running
        self._under = under
        self._settings = settings
        self._calls = CallSettings()
        self._channels = Channels(self._calls)
        self._channel = Channel(settings.registry, self._calls)
        self._replies = LocalReplies()
        self.registry = RemoteRegistry(self._channel, under.clock)
        self._security = SecurityEvents(
            remote_security_log(self._channel), under.clock, running.metrics
        )

    async def serve(self) -> None:
        """Serve until told to stop; ready as soon as the registry is there."""
        under, settings = self._under, self._settings
        metrics, tracer = self._running.metrics, self._running.tracer
        server = CallsServer(self._calls, metrics, tracer)
        server.serve(REPLIES_PORT, [ReplyPort(self._replies).deliver])
        name = self._calls.reached_at(await server.start(self._calls.host, self._calls.port))
        under.bus.subscribe(
            WorkflowVersionPublished, f"hooks-{name}", self.registry.follow, broadcast=True
        )
        listener = listen(settings.host, settings.port)
        port = listener.getsockname()[1]
        gateway = self._gateway(name, port)
        await under.bus.start()
        self._running.takes_work()
        grpc, grpc_port = await serve_grpc(
            gateway.use_cases,
            settings.host,
            settings.grpc_port,
            metrics=metrics,
            tracer=tracer,
            identity=gateway.grpc_identity,
        )
        _log.info("gateway listens", port=port, grpc_port=grpc_port, address=name)
        serving = asyncio.create_task(gateway.serve(listener))

        async def tell(reason: str) -> None:
            gateway.set_lost(reason)
            await grpc.health.turn(reason)
            await server.health.turn(reason)

        await self._running.until_told(
            self._ready(gateway), under.dependencies.follow(tell), _end_of(serving)
        )
        await server.drain()
        gateway.stop()
        await grpc.stop(grace=settings.drain_seconds)
        await serving
        await self._leave(server)

    async def _leave(self, server: CallsServer) -> None:
        await self._under.bus.close()
        await server.stop()
        await self._channels.close()
        await self._security.close()
        await self._channel.close()

    def _gateway(self, name: str, port: int) -> Gateway:
        settings, running = self._settings, self._running
        changes: dict[str, object] = {"gateway_name": name}
        if not settings.public_url:
            changes["public_url"] = f"http://{settings.host}:{port}"
        changed = settings.model_copy(update=changes)
        return build(self._needs(), changed, metrics=running.metrics, tracer=running.tracer)

    async def _ready(self, gateway: Gateway) -> None:
        while True:
            try:
                await self.registry.load()
            except UnavailableError as error:
                _log.warning("waiting for the registry", reason=error.message)
                await asyncio.sleep(WAIT_SECONDS)
            else:
                gateway.set_ready(True)
                _log.info("gateway ready")
                await asyncio.Event().wait()

    def _needs(self) -> Needs:
        under = self._under
        executions = StoredExecutions(under.documents)
        journals = StoredJournals(under.documents)
        registry = as_port(self.registry)
        types = Catalogue.from_json(load_catalogue())
        workers = Workers(under.documents)
        return Needs(
            registry=registry,
            starts=Starts(executions, under.blobs, under.bus, under.clock, under.ids),
            executions=executions,
            journals=journals,
            inbox=StoredInbox(under.documents),
            blobs=under.blobs,
            bus=under.bus,
            outbox=under.outbox,
            replies=self._replies,
            progress=RemoteProgress(executions, workers, self._channels),
            history=JournalHistory(journals, under.blobs, registry, types),
            clock=under.clock,
            ids=under.ids,
            previews=RemotePreviews(workers, self._channels),
            security=self._security,
        )


async def _end_of(task: asyncio.Task[None]) -> None:
    await asyncio.shield(task)
