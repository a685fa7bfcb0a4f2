"""Builds the gateway from its parts."""

from __future__ import annotations

import asyncio
import importlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from prometheus_client import REGISTRY, CollectorRegistry

from alur_common.clock import Clock
from alur_gateway.adapters.asgi import App
from alur_gateway.adapters.cors import Cors
from alur_gateway.adapters.files import Files
from alur_gateway.adapters.hooks import HookApp
from alur_gateway.adapters.metrics import Metrics
from alur_gateway.adapters.probes import Probes
from alur_gateway.adapters.rates import Rates
from alur_gateway.adapters.root import Parts, Root
from alur_gateway.service.changes import WorkflowChanges
from alur_gateway.service.executions import ExecutionService
from alur_gateway.service.needs import Needs
from alur_gateway.service.use_cases import UseCases
from alur_gateway.service.watching import Watching
from alur_gateway.service.webhooks import Webhooks
from alur_gateway.settings import Settings

if TYPE_CHECKING:
    from alur_gateway.adapters.server import HttpServer

_PAGES = Path(__file__).parent / "adapters" / "pages"


class Gateway:
    """The gateway: one ASGI application and its server."""

    def __init__(self, root: Root, use_cases: UseCases, probes: Probes, settings: Settings) -> None:
        self._root = root
        self._probes = probes
        self._settings = settings
        self._server: HttpServer | None = None
        self.use_cases = use_cases
        """What REST and gRPC share."""

    @property
    def asgi(self) -> App:
        """The ASGI application."""
        return self._root

    def set_ready(self, is_ready: bool) -> None:  # a switch is what it sets
        """Say on `/readyz` whether requests are welcome."""
        self._probes.is_ready = is_ready

    async def serve(self, listener: socket.socket) -> None:
        """Serve on a listening socket (see `adapters.server.listen`) until `stop`."""
        from alur_gateway.adapters.server import HttpServer  # noqa: PLC0415  # not every process serves

        self._server = HttpServer(
            self._root,
            body_seconds=self._settings.body_seconds,
            drain_seconds=self._settings.drain_seconds,
        )
        await self._server.run(listener)

    async def warm(self) -> None:
        """Load the REST interface now, in a thread, rather than at its first request."""
        await self._root.warm()

    def stop(self) -> None:
        """Turn unready, take no new connections, and let `serve` return when running requests are done."""
        self.set_ready(False)
        if self._server is not None:
            self._server.stop()


class _LazyApi:
    """The REST interface, loaded off the event loop when it is first asked for: its framework takes its time."""

    def __init__(self, use_cases: UseCases, settings: Settings) -> None:
        self._use_cases = use_cases
        self._settings = settings
        self._loading: asyncio.Task[App] | None = None

    async def __call__(self) -> App:
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        return await asyncio.shield(self._loading)

    def _load(self) -> App:
        rest: _Rest = importlib.import_module("alur_gateway.adapters.rest")
        return rest.create(
            self._use_cases,
            max_document_bytes=self._settings.max_document_bytes,
            secure=self._settings.is_secure,
        )


class _Rest(Protocol):
    def create(
        self,
        use_cases: UseCases,
        *,
        max_document_bytes: int,
        secure: bool,
    ) -> App: ...


def build(needs: Needs, settings: Settings, *, metrics: CollectorRegistry = REGISTRY) -> Gateway:
    """Build the gateway. It is not ready before `set_ready(True)`."""
    use_cases = _use_cases(needs, settings)
    webhooks = Webhooks(needs, name=settings.gateway_name, reply_seconds=settings.reply_seconds)
    probes = Probes()
    parts = Parts(
        hooks=HookApp(webhooks),
        api=_LazyApi(use_cases, settings),
        files=Files(settings.editor_dir, _pages()),
        probes=probes,
        metrics=Metrics(metrics),
        rates=_rates(settings, needs.clock),
        cors=Cors(settings.cors_origins) if settings.cors_origins else None,
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
    return UseCases(needs.registry, executions, watching, needs.evaluate, needs.clock, changes)


def _rates(settings: Settings, clock: Clock) -> Rates | None:
    if not settings.has_rates:
        return None
    return Rates(
        clock,
        by_address=settings.rate_per_address,
        by_token=settings.rate_per_token,
        by_hook=settings.rate_per_hook,
        proxies=settings.trusted_proxies,
    )


def _pages() -> list[tuple[str, Path]]:
    return [
        ("/api/docs", _PAGES / "docs.html"),
        ("/api/docs.js", _PAGES / "docs.js"),
        ("/api/docs.css", _PAGES / "docs.css"),
    ]
