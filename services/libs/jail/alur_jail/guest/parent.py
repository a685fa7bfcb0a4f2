"""The warm parent: it never runs code of a user, it forks a clean runner for each request.

Each request is a socket that arrives over the descriptor that the parent was started with. The answer to
it is the runner's pidfd, over that same socket.
"""

from __future__ import annotations

# `socket` and `signal` make enumerations of all their constants: a tenth of what starting takes.
import _signal  # type: ignore[import-not-found]  # it has no types of its own
import _socket
import contextlib
import gc
import os
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from alur_jail.guest import NICE, SLICE_MILLISECONDS, light, lockdown, priority, wire

Lock = Callable[[dict[str, Any]], None]
Runner = Callable[[_socket.socket, dict[str, Any], str], None]
_LONGEST_REASON = 500
_INT_BYTES = 4
"""Of a descriptor, as C has it."""


def main() -> None:
    """Become nobody, get warm, and fork runners until the supervisor closes."""
    os.environ.clear()
    lockdown.become_nobody()
    guest = import_module(f"alur_jail.guest.{sys.argv[1]}")
    runner: Runner = guest.runner(sys.argv[3:])
    lock = lockdown.prepare()
    _signal.signal(_signal.SIGCHLD, _signal.SIG_IGN)
    control = _socket.socket(fileno=int(sys.argv[2]))
    os.dup2(1, 2)  # complaints are for the start alone
    handle = os.pidfd_open(os.getpid())
    _give(control, handle)
    os.close(handle)  # no runner is to have it
    priority.give_way(0, NICE, SLICE_MILLISECONDS)  # and so do all that are forked
    is_warm = False
    while (asked := _take(control)) is not None:
        _fork(control, _socket.socket(fileno=asked), runner, lock)
        if not is_warm:  # the first one need not wait for what it may never use
            _warm_up(guest, control)
            _settle()
            is_warm = True


def _warm_up(guest: ModuleType, control: _socket.socket) -> None:
    """Get warm; what hinders it is told to the supervisor, and each runner then loads what it needs."""
    try:
        guest.warm_up(sys.argv[3:])
    except Exception as error:  # noqa: BLE001  # whatever it is, runners are served all the same
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        with contextlib.suppress(OSError):  # who listened has gone
            control.sendmsg([reason.encode("utf-8", "replace")])


def _settle() -> None:
    gc.collect()
    gc.freeze()
    light.give_back_code()


def _fork(control: _socket.socket, link: _socket.socket, runner: Runner, lock: Lock) -> None:
    try:
        child = os.fork()
    except OSError:
        link.close()  # the supervisor sees the end, and says that there is no room
        return
    if child:
        handle = os.pidfd_open(child)
        _give(link, handle)
        os.close(handle)
        link.close()
        return
    try:
        control.close()
        _serve(link, runner, lock)
    finally:
        os._exit(0)  # nothing of the parent is to be cleaned up twice


def _serve(link: _socket.socket, runner: Runner, lock: Lock) -> None:
    limits = wire.receive(link)
    body = wire.receive_text(link)
    try:
        lock(limits)
    except OSError as error:
        wire.send(link, {"error": {"type": "JailError", "message": str(error)}})
        return
    runner(link, limits, body)


def _give(link: _socket.socket, handle: int) -> None:
    rights = handle.to_bytes(_INT_BYTES, sys.byteorder)
    try:
        link.sendmsg([b"+"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
    except OSError:
        return  # who asked has gone


def _take(control: _socket.socket) -> int | None:
    data, ancillary, _flags, _address = control.recvmsg(1, _socket.CMSG_SPACE(_INT_BYTES))
    if not data:
        return None
    for _level, _type, rights in ancillary:
        return int.from_bytes(rights[:_INT_BYTES], sys.byteorder)
    return None
