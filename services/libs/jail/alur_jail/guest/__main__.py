"""The warm parent: it never runs code of a user, it forks a clean runner for each request.

Started as `python -I -S /alur/alur_jail/guest/__main__.py LANGUAGE FD […]`. Each request is a socket
that arrives over FD; the answer to it is the runner's pidfd, over that same socket.
"""

from __future__ import annotations

import sys

# `-I -S` leaves nothing but the standard library on the path.
sys.path[:0] = ["/alur", "/alur/packages"]

import array  # noqa: E402  # the path comes first
import contextlib  # noqa: E402  # the path comes first
import gc  # noqa: E402  # the path comes first
import os  # noqa: E402  # the path comes first
import signal  # noqa: E402  # the path comes first
import socket  # noqa: E402  # the path comes first
from collections.abc import Callable  # noqa: E402  # the path comes first
from importlib import import_module  # noqa: E402  # the path comes first
from types import ModuleType  # noqa: E402  # the path comes first
from typing import Any  # noqa: E402  # the path comes first

from alur_jail.guest import light, lockdown, wire  # noqa: E402  # the path comes first

NICE = 5
"""Runners give way to the service that started them."""
Lock = Callable[[dict[str, Any]], None]
Runner = Callable[[socket.socket, dict[str, Any], str], None]
_LONGEST_REASON = 500
_INT_BYTES = array.array("i").itemsize


def main() -> None:
    """Become nobody, get warm, and fork runners until the supervisor closes."""
    os.environ.clear()
    lockdown.become_nobody()
    guest = import_module(f"alur_jail.guest.{sys.argv[1]}")
    runner: Runner = guest.runner(sys.argv[3:])
    lock = lockdown.prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[2]))
    os.dup2(1, 2)  # complaints are for the start alone
    _settle()
    _give(control, os.pidfd_open(os.getpid()))
    is_warm = False
    while (handle := _take(control)) is not None:
        _fork(control, socket.socket(fileno=handle), runner, lock)
        if not is_warm:  # the first one need not wait for what it may never use
            _warm_up(guest, control)
            _settle()
            is_warm = True


def _warm_up(guest: ModuleType, control: socket.socket) -> None:
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


def _fork(control: socket.socket, link: socket.socket, runner: Runner, lock: Lock) -> None:
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


def _serve(link: socket.socket, runner: Runner, lock: Lock) -> None:
    with contextlib.suppress(PermissionError):  # whoever started us is nicer already
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    limits = wire.receive(link)
    body = wire.receive_text(link)
    try:
        lock(limits)
    except OSError as error:
        wire.send(link, {"error": {"type": "JailError", "message": str(error)}})
        return
    runner(link, limits, body)


def _give(link: socket.socket, handle: int) -> None:
    rights = array.array("i", [handle])
    try:
        link.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    except OSError:
        return  # who asked has gone


def _take(control: socket.socket) -> int | None:
    data, ancillary, _flags, _address = control.recvmsg(1, socket.CMSG_SPACE(_INT_BYTES))
    if not data:
        return None
    for _level, _type, rights in ancillary:
        return int.from_bytes(rights[:_INT_BYTES], sys.byteorder)
    return None


if __name__ == "__main__":
    main()
