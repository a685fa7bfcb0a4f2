"""The warm parents: one jailed process a language, which forks a runner for each request."""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path
from typing import Final

import structlog

from alur_jail import groups, room
from alur_jail.groups import Group
from alur_jail.guest import NICE
from alur_jail.room import JailSettings, NoJailError

_START_SECONDS: Final = 20.0
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_KEPT_COMPLAINT: Final = 500
_MOST_COMPLAINT_BYTES: Final = 4 * _KEPT_COMPLAINT
_INT_BYTES: Final = array.array("i").itemsize
_log = structlog.get_logger("alur.jail")


class GoneError(Exception):
    """The process at the other end has gone."""


class Warm:
    """A warm parent. It is started by `start`, and never runs code of a user."""

    def __init__(self, settings: JailSettings, language: str) -> None:
        self._settings = settings
        self._language = language
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._handle: int | None = None
        self.group: Group | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it can fork."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Build the jail and wait until the parent is warm; raises `NoJailError` with the reason."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._control = ours
        try:
            calls = _memory_file(room.start_filter())
        except BaseException:
            ours.close()
            theirs.close()
            raise
        try:
            # The first one asks the interpreter for its libraries, for a tenth of a second.
            command = await asyncio.to_thread(
                room.command, self._settings, self._language, theirs.fileno(), calls
            )
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(theirs.fileno(), calls),
                env={},
            )
            with contextlib.suppress(ProcessLookupError):  # it may have failed already
                self._handle = os.pidfd_open(self._process.pid)
        except BaseException:
            ours.close()
            raise
        finally:
            os.close(calls)
            theirs.close()
        await self._be_warm(ours)

    async def _be_warm(self, ours: socket.socket) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                handle = await receive_handle(ours)
        except (GoneError, TimeoutError) as error:
            raise NoJailError(await self._complaint()) from error
        except BaseException:
            await self.stop()
            raise
        pid = pid_of(handle)
        os.close(handle)
        _let_give_way(pid)
        try:
            self._enter_group(pid)
        except NoJailError:
            await self.stop()
            raise

    def _enter_group(self, pid: int) -> None:
        if self._settings.cgroup:
            self.group = groups.open_group(self._settings)
            self.group.take(pid)

    async def _complaint(self) -> str:
        assert self._process is not None  # noqa: S101  it was started
        assert self._process.stderr is not None  # noqa: S101  as asked for
        await self.stop()
        said = (await self._process.stderr.read()).decode("utf-8", "replace").strip()
        last = said.splitlines()[-1] if said else "no reason was given"
        return (
            "code is refused: the jail cannot be built on this machine "
            f"({last[:_KEPT_COMPLAINT]}); `alur doctor` says what to do"
        )

    def ask_for_runner(self) -> socket.socket:
        """Ask for a runner; its pidfd, then its answers, come over the socket that is returned."""
        assert self._control is not None  # noqa: S101  it was started
        self._hear(self._control)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            socket.send_fds(self._control, [b"+"], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise GoneError from error
        finally:
            theirs.close()
        return ours

    def _hear(self, control: socket.socket) -> None:
        """Log what the parent complains of since it said that it is ready: that it could not get warm."""
        with contextlib.suppress(OSError):  # it has nothing to say, or has gone
            if said := control.recv(_MOST_COMPLAINT_BYTES):
                reason = said.decode("utf-8", "replace")
                _log.warning("runners of code start cold", language=self._language, reason=reason)

    async def stop(self) -> None:
        """Kill it, with all runners that it forked."""
        if self._control is not None:
            self._hear(self._control)
            self._control.close()
        if self._handle is not None:
            kill(self._handle)
            os.close(self._handle)
            self._handle = None
        if self._process is not None:
            await self._process.wait()


def _let_give_way(pid: int) -> None:
    """Give the session of a jail the priority that its runners have.

    Where the kernel shares time between sessions first (sched(7), "The autogroup feature"), the priority of a
    process counts among those of its session only, and the jail is one of its own.
    """
    with contextlib.suppress(OSError):  # this kernel has no such groups, or this user may not
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE))


def _memory_file(content: bytes) -> int:
    handle = os.memfd_create("calls", os.MFD_CLOEXEC)
    os.write(handle, content)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


async def readable(link: socket.socket) -> None:
    """Return once there is something to read."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(link, _set, ready)
    try:
        await ready
    finally:
        loop.remove_reader(link)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def receive_handle(link: socket.socket) -> int:
    """Return the one descriptor that comes over a socket; raises `GoneError`."""
    while True:
        try:
            data, handles, _flags, _address = socket.recv_fds(link, 1, 1)
        except BlockingIOError:
            await readable(link)
            continue
        except OSError as error:
            raise GoneError from error
        if not data or not handles:
            raise GoneError
        os.set_inheritable(handles[0], False)
        return handles[0]


def pid_of(handle: int) -> int:
    """Return the process of a pidfd as this process sees it; 0 or less when it has ended."""
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return 0


def memory_of(pid: int) -> tuple[int, int]:
    """Return address space and resident memory in bytes; zeros when it has ended."""
    try:
        total, resident, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    return int(total) * _PAGE, int(resident) * _PAGE


def kill(handle: int) -> None:
    """Kill the process behind a pidfd."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
