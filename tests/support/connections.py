"""Sees every connection and every question for a name that this process makes, whoever makes it, and allows none."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass
class Watch:
    """What was tried; the ports of `servers` of the test itself may be connected to."""

    servers: set[int] = field(default_factory=set)
    tried: list[str] = field(default_factory=list)

    def saw(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note it, and stop it."""
        if event == "socket.connect":
            link, address = arguments
            is_local = link.family == socket.AF_UNIX or address[1] in self.servers
            if is_local:
                return
            self.tried.append(f"connect {address}")
        elif event == "socket.getaddrinfo":
            self.tried.append(f"resolve {arguments[0]}")
        else:
            return
        raise ConnectionRefusedError(f"a test saw this process {self.tried[-1]}")


_watches: list[Watch] = []


@lru_cache(maxsize=1)
def _install() -> None:
    """An audit hook (PEP 578) can never be taken away, so it is set once."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if _watches and event.startswith("socket."):
            _watches[-1].saw(event, arguments)

    sys.addaudithook(hook)


@contextmanager
def watched(*servers: int) -> Iterator[Watch]:
    """Yield what is seen in here; connections to the ports of `servers` go through."""
    _install()
    _watches.append(Watch(set(servers)))
    try:
        yield _watches[-1]
    finally:
        _watches.pop()
