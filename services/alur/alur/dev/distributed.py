"""`alur dev --distributed`: the same services, each a process of its own, over Kafka, MongoDB and a store of blobs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

from pydantic import SecretStr

from alur.dev.owner import OwnerCalls, owner_socket
from alur.dev.ports import held_port
from alur.dev.running import Options, address_here, editor, leave_files, tell
from alur.local import SOCKET, remember
from alur.loops import run_service
from alur_common.calls.client import Channel, add_calls, methods_of
from alur_common.calls.settings import CallSettings
from alur_common.data_folder import DataFolder
from alur_common.pools import EVERY_POOL
from alur_common.settings import Settings
from alur_common.telemetry import configure_logs, get_logger
from alur_sdk.errors import InvalidError, UnavailableError

APART_SECONDS = 2.0
"""Between two starts of the same process: one that ends as soon as it starts takes no more of the machine."""
STOP_SECONDS = 25.0
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 150.0
_log = get_logger("alur.dev")


def run_distributed(options: Options, executors: int, schedulers: int) -> int:
    """Run until SIGTERM or SIGINT; return the exit code. Raises `AlurError` for what stops the start."""
    settings = Settings.load()
    if settings.mongo is None or not settings.kafka or not settings.blobs:
        raise InvalidError(
            "--distributed needs ALUR_KAFKA, ALUR_MONGO and ALUR_BLOBS; "
            '`eval "$(make -s servers-up)"` starts servers and sets them'
        )
    configure_logs("alur-dev", settings.log_level)
    with ExitStack() as held:
        ports = _Ports(
            registry=held.enter_context(held_port("127.0.0.1", 0)),
            rest=held.enter_context(held_port(options.host, options.port)),
            grpc=held.enter_context(held_port(options.host, options.grpc_port)),
            metrics=held.enter_context(held_port(settings.metrics_host, options.metrics_port)),
        )
        run_service(_Deployment(options, executors, schedulers, ports).run())
    return 0


@dataclass(frozen=True, slots=True)
class _Ports:
    registry: int
    rest: int
    grpc: int
    metrics: int


class _Deployment:
    """The processes and how they find each other."""

    def __init__(self, options: Options, executors: int, schedulers: int, ports: _Ports) -> None:
        self._options = options
        self._executors = executors
        self._schedulers = schedulers
        self._token = secrets.token_urlsafe(32)
        self._ports = ports
        self._registry = f"127.0.0.1:{ports.registry}"
        self._url = address_here(options.host, ports.rest)
        self._told = asyncio.Event()
        self._children: dict[str, asyncio.subprocess.Process] = {}

    async def run(self) -> None:
        """Start everything, be there for its owner, and stop everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._tell)
        folder = DataFolder.open(self._options.data)
        sys.stdout.write(
            "Alur starts; with new servers it makes their topics first, a minute or two\n"
        )
        sys.stdout.flush()
        await self._make_topics()
        keepers = [loop.create_task(self._keep(*child)) for child in self._wanted()]
        try:
            await self._serve_owner(folder)
        finally:
            self._told.set()
            for child in self._children.values():
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
            await asyncio.wait(keepers, timeout=STOP_SECONDS)
            for child in self._children.values():
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
            await asyncio.gather(*keepers)
            folder.close()

    async def _make_topics(self) -> None:
        """Make the topics that are missing before anybody wants to read them, unless it is told to stop meanwhile.

        While Kafka is out of reach that is left to the processes: each waits for it, and says so.
        """
        from alur_common.kafka.admin import apply_topics  # noqa: PLC0415  # no driver in one process
        from alur_common.kafka.settings import KafkaSettings  # noqa: PLC0415  # as above

        made = asyncio.create_task(apply_topics(KafkaSettings.load()))
        told = asyncio.create_task(self._told.wait())
        await asyncio.wait({made, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        made.cancel()
        with contextlib.suppress(asyncio.CancelledError, UnavailableError):
            await made

    async def _serve_owner(self, folder: DataFolder) -> None:
        calls = CallSettings(token=SecretStr(self._token))
        channel = Channel(self._registry, calls)
        registry = cast("OwnerCalls", add_calls(channel, "registry", methods_of(OwnerCalls)))
        try:
            async with owner_socket(folder.path / SOCKET, registry):
                if not await self._is_ready():
                    return
                link = f"{self._url}/sign-in#token={await registry.new_sign_in_link()}"
                with leave_files(folder.path, self._url, link):
                    remember(folder.path)
                    tell(self._url, link, folder.path, self._ports.grpc, self._ports.metrics)
                    await self._told.wait()
        finally:
            await channel.close()

    async def _is_ready(self) -> bool:
        """Wait until the gateway takes requests; return False when it is to stop before that.

        Raises `UnavailableError` when it takes none in time.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._told.is_set():
            if await asyncio.to_thread(_answers, f"{self._url}/readyz"):
                return True
            if time.monotonic() > until:
                raise UnavailableError(
                    f"{self._url}/readyz has not answered 200 for {PATIENCE_SECONDS:g} s: "
                    "the lines above say which of the processes waits, and for what"
                )
            await asyncio.sleep(LOOK_SECONDS)
        return False

    def _tell(self) -> None:
        if self._told.is_set():
            os.killpg(0, signal.SIGKILL)
        self._told.set()

    def _wanted(self) -> list[tuple[str, str, Mapping[str, str]]]:
        """Return name, command and settings of each process."""
        options = self._options
        common = {
            "ALUR_DATA": str(options.data),
            "ALUR_REGISTRY": self._registry,
            "ALUR_CALLS_TOKEN": self._token,
            "ALUR_METRICS_PORT": "0",
            "ALUR_PUBLIC_URL": os.environ.get("ALUR_PUBLIC_URL", self._url),
        }
        gateway = {
            "ALUR_HOST": options.host,
            "ALUR_PORT": str(self._ports.rest),
            "ALUR_GRPC_PORT": str(self._ports.grpc),
            "ALUR_METRICS_PORT": str(self._ports.metrics),
        }
        if built := editor():
            gateway["ALUR_EDITOR_DIR"] = str(built)
        pools = os.environ.get("ALUR_POOLS", EVERY_POOL)
        trust = os.environ.get("ALUR_EVENTS_TRUST", "topic")
        wanted = [
            ("registry", "registry", {"ALUR_CALLS_PORT": str(self._ports.registry)}),
            ("gateway", "gateway", gateway),
            # Who can reach the broker of a machine for trying things out is trusted.
            *(
                (f"scheduler-{n}", "scheduler", {"ALUR_EVENTS_TRUST": trust})
                for n in range(1, self._schedulers + 1)
            ),
            *(
                (f"executor-{n}", "executor", {"ALUR_POOLS": pools})
                for n in range(1, self._executors + 1)
            ),
        ]
        return [
            (name, command, {**common, **own, "ALUR_WORKER": name}) for name, command, own in wanted
        ]

    async def _keep(self, name: str, command: str, settings: Mapping[str, str]) -> None:
        """Run a process, again whenever it ends by itself."""
        while not self._told.is_set():
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "alur", command, env={**os.environ, **settings}
            )
            self._children[name] = child
            begun = time.monotonic()
            code = await child.wait()
            if not self._told.is_set():
                _log.warning("process ended and is started again", process=name, code=code)
                await asyncio.sleep(max(0.0, begun + APART_SECONDS - time.monotonic()))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)  # noqa: PLR2004  # HTTP's own
    except (OSError, urllib.error.URLError):
        return False
