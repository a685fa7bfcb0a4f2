"""Becomes the command it is given, which dies with the process that started it: `leash.py <its pid> <command>`."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Ask the kernel to be killed when the parent ends, then be the command under the same number."""
    with contextlib.suppress(AttributeError):  # Linux alone has it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:  # else it has ended meanwhile
        os.execvp(command[0], command)  # noqa: S606  # the commands of this package


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
