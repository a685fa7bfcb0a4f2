"""The ports of processes that listen later than their ports are chosen, and again after each restart."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from alur_sdk.errors import UnavailableError

# As long as processes of a server that was killed may take to end.
PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.05


@contextmanager
def held_port(host: str, port: int) -> Iterator[int]:
    """Keep a port for who listens on it later, and yield its number; port 0 takes a free one.

    It is bound and never listened on: the system gives it to no connection and to nobody who asks for a free port,
    while a process that names it, and says SO_REUSEADDR as servers do, can listen on it. Raises `UnavailableError`
    when somebody else listens there.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:
            try:
                holder.bind((host, port))
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                    message = f"port {port} of {host} cannot be had: {error.strerror or error}"
                    raise UnavailableError(message) from error
            time.sleep(LOOK_SECONDS)
        yield int(holder.getsockname()[1])
