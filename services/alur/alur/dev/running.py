"""Running `alur dev`: ports, signals, what is printed, and the files by which other commands find it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from alur.dev.owner import owner_socket
from alur.dev.platform import Platform, platform
from alur.dev.store import Opened, opened
from alur.local import SERVER_FILE, SOCKET, remember
from alur.loops import run_service
from alur.places import write_private
from alur_common.memory import settle
from alur_common.settings import Settings
from alur_common.telemetry import Metrics, configure_logs, open_tracer, start_metrics_server
from alur_common.telemetry.tracing import Tracer
from alur_gateway.adapters.grpc.server import serve_grpc
from alur_gateway.adapters.server import listen
from alur_gateway.settings import Settings as GatewaySettings
from alur_sdk.errors import UnavailableError

SIGN_IN_FILE = "sign-in"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what is not shown
_EDITOR = Path(__file__).parents[3] / "editor" / "dist"


@dataclass(frozen=True, slots=True)
class Options:
    """How `alur dev` is to run; port 0 takes a free one."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    grpc_port: int = 50051
    metrics_port: int = 0


def run(options: Options) -> int:
    """Run until SIGTERM or SIGINT; return the exit code. Raises `AlurError` for what stops the start."""
    configure_logs("alur-dev", Settings.load().log_level)
    run_service(_serve(options))
    return 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is seen of the process from outside."""

    metrics: Metrics
    tracer: Tracer | None


@contextlib.asynccontextmanager
async def _traced() -> AsyncIterator[Tracer | None]:
    tracer = open_tracer("dev")
    try:
        yield tracer
    finally:
        if tracer is not None:
            await tracer.close()


def address_here(host: str, port: int) -> str:
    """Return where a server that listens on `host` is reached from this machine: everywhere is no address to open."""
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _serve(options: Options) -> None:
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise UnavailableError(
            f"{where} cannot be listened on ({error.strerror}); choose another with --port"
        ) from error
    port = int(listener.getsockname()[1])
    url = address_here(options.host, port)
    settings = GatewaySettings(
        host=options.host,
        port=port,
        public_url=os.environ.get("ALUR_PUBLIC_URL", url),
        editor_dir=editor(),
    )
    metrics = Metrics()
    async with (
        _traced() as tracer,
        opened(options.data, metrics) as store,
        platform(store, settings, metrics, tracer) as running,
        _around(options, store, running, _Seen(metrics, tracer), url),
    ):
        serving = asyncio.create_task(running.gateway.serve(listener))
        running.gateway.set_ready(True)
        await _until_told(serving)
        running.gateway.stop()
        await serving


@contextlib.asynccontextmanager
async def _around(
    options: Options, store: Opened, running: Platform, seen: _Seen, url: str
) -> AsyncIterator[None]:
    """Serve metrics, gRPC and the owner's socket; leave the files by which the server is found."""
    metrics_server = start_metrics_server(seen.metrics, options.host, options.metrics_port)
    grpc, grpc_port = await serve_grpc(
        running.gateway.use_cases,
        options.host,
        options.grpc_port,
        metrics=seen.metrics,
        tracer=seen.tracer,
        identity=running.gateway.grpc_identity,
    )
    async with owner_socket(store.folder / SOCKET, running.registry):
        link = f"{url}/sign-in#token={await running.registry.new_sign_in_link()}"
        with leave_files(store.folder, url, link):
            remember(store.folder)
            tell(url, link, store.folder, grpc_port, metrics_server.port)
            try:
                yield
            finally:
                running.gateway.set_ready(False)
                await grpc.stop(grace=2)
                metrics_server.close()


@contextlib.contextmanager
def leave_files(folder: Path, url: str, link: str) -> Iterator[None]:
    """Leave the files by which other commands find the server, for as long as it runs."""
    server = {"url": url, "pid": os.getpid(), "socket": str(folder / SOCKET)}
    write_private(folder / SERVER_FILE, json.dumps(server) + "\n")
    write_private(folder / SIGN_IN_FILE, link + "\n")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / SERVER_FILE).unlink()


def tell(url: str, link: str, folder: Path, grpc_port: int, metrics_port: int) -> None:
    """Print where it is, and how to sign in."""
    out = sys.stdout
    out.write(f"Alur is ready at {url}  (gRPC on {grpc_port}, metrics on {metrics_port})\n")
    if out.isatty():
        out.write(f"Sign in once, within 15 minutes: {link}\n`alur sign-in` prints another.\n")
    else:
        out.write(
            f"The sign-in link is in {folder / SIGN_IN_FILE}; `alur sign-in` prints a fresh one\n"
        )
    out.flush()


async def _until_told(serving: asyncio.Task[None]) -> None:
    """Return on SIGTERM or SIGINT, or when the server ended by itself; a second signal ends the process."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if told.is_set():
            os._exit(1)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    waiting = asyncio.create_task(told.wait())
    settle()
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def editor() -> Path | None:
    """Return the built editor: where `ALUR_EDITOR_DIR` says, as in an image, else in the tree; None where there is none."""
    given = os.environ.get("ALUR_EDITOR_DIR")
    place = Path(given) if given else _EDITOR
    return place if place.is_dir() else None
