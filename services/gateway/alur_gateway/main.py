"""Builds the gateway from its parts."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry

from alur_common.clock import Clock
from alur_common.telemetry import configure_logs, get_logger
from alur_gateway.adapters.asgi import App
from alur_gateway.adapters.cors import Cors
from alur_gateway.adapters.files import Files
from alur_gateway.adapters.hooks import HookApp
from alur_gateway.adapters.lazy_api import LazyApi
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
from alur_gateway.settings import Settings, listed

if TYPE_CHECKING:
    from alur_gateway.adapters.server import HttpServer

_PAGES = Path(__file__).parent / "adapters" / "pages"
WARM_AFTER_SECONDS = 0.2
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


def build(needs: Needs, settings: Settings, *, metrics: CollectorRegistry = REGISTRY) -> Gateway:
    """Build the gateway. It is not ready before `set_ready(True)`.

    Raises `InvalidError` for rate limits and networks that cannot be read.
    """
    use_cases = _use_cases(needs, settings)
    webhooks = Webhooks(needs, name=settings.gateway_name, reply_seconds=settings.reply_seconds)
    probes = Probes()
    origins = listed(settings.cors_origins)
    parts = Parts(
        hooks=HookApp(webhooks),
        api=LazyApi(
            use_cases, max_document_bytes=settings.max_document_bytes, secure=settings.is_secure
        ),
        files=Files(settings.editor_dir, _pages()),
        probes=probes,
        metrics=Metrics(metrics),
        rates=_rates(settings, needs.clock),
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
    return UseCases(needs.registry, executions, watching, needs.evaluate, needs.clock, changes)


def _rates(settings: Settings, clock: Clock) -> Rates | None:
    if not settings.has_rates:
        return None
    return Rates(
        clock,
        by_address=settings.rate_per_address,
        by_token=settings.rate_per_token,
        by_hook=settings.rate_per_hook,
        proxies=listed(settings.trusted_proxies),
    )


def _pages() -> list[tuple[str, Path]]:
    return [
        ("/api/docs", _PAGES / "docs.html"),
        ("/api/docs.js", _PAGES / "docs.js"),
        ("/api/docs.css", _PAGES / "docs.css"),
    ]


async def main(settings: Settings) -> None:
    """Run the gateway alone on a data folder until told to stop.

    Its registry is out of reach then: probes answer, everything else is 503.
    """
    from alur_gateway.adapters.embedded import embedded  # noqa: PLC0415  # of a process of its own only
    from alur_gateway.adapters.server import listen  # noqa: PLC0415  # the same

    configure_logs("gateway", settings.log_level)
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    listener = listen(settings.host, settings.port)
    async with embedded(settings.data) as needs:
        gateway = build(needs, settings)
        serving = asyncio.create_task(gateway.serve(listener))
        _log.info("gateway started without a registry", port=listener.getsockname()[1])
        waiting = asyncio.create_task(told.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        gateway.stop()
        await serving
