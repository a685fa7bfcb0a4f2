"""Whether we live and whether we are of use, by HTTP: `/livez` and `/healthz`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from alur_operator.adapters.watches import WATCH_SECONDS
from alur_sdk.errors import UnavailableError

SILENT_SECONDS = 2.5 * WATCH_SECONDS


class Health:
    """Answers from the loop that does the work: while that hangs, neither question is answered.

    `/livez` says no more than that, for a restart brings no cluster back, and who waits for the Lease is well. `/healthz` is 503
    while we do not work, and when a watch of the cluster is silent for too long.
    """

    def __init__(self) -> None:
        self._silent_seconds: Callable[[], float] | None = None

    @contextmanager
    def working(self, silent_seconds: Callable[[], float]) -> Iterator[None]:
        """Be of use for the length of a `with` block; `silent_seconds` says for how long a watch has told nothing."""
        self._silent_seconds = silent_seconds
        try:
            yield
        finally:
            self._silent_seconds = None

    @asynccontextmanager
    async def served(self, host: str, port: int) -> AsyncIterator[None]:
        """Serve both for the length of a `with` block. Raises `UnavailableError` when the port is taken."""
        app = web.Application()
        app.router.add_get("/livez", self._lives)
        app.router.add_get("/healthz", self._works)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                message = (
                    f"health cannot be served on {host}:{port}: {error.strerror or error}; "
                    "name another port in ALUR_HEALTH_PORT"
                )
                raise UnavailableError(message) from error
            yield
        finally:
            await runner.cleanup()

    async def _lives(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _works(self, _: web.Request) -> web.Response:
        if self._silent_seconds is None:
            return web.Response(status=503, text="it waits for the lease or for the API server\n")
        silent = self._silent_seconds()
        if silent > SILENT_SECONDS:
            text = f"a watch of the cluster was begun last {silent:.0f} s ago\n"
            return web.Response(status=503, text=text)
        return web.Response(text=f"every watch of the cluster was begun within {silent:.0f} s\n")
