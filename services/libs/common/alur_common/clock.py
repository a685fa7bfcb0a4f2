"""Time and ids, passed in everywhere so that nothing reads them by itself."""

from __future__ import annotations

import os
import time
from typing import Protocol

_ENTROPY = 10
"""Random bytes of a UUIDv7."""


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for durations."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class Ids(Protocol):
    """Where ids come from."""

    def execution(self) -> str:
        """Return a new time-ordered id (UUIDv7, RFC 9562)."""

    def secret(self, size: int = 16) -> str:
        """Return `size` random bytes, in hex."""


class SystemIds:
    """Ids from the operating system's randomness."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entropy = b""

    def execution(self) -> str:
        if len(self._entropy) < _ENTROPY:
            self._entropy = os.urandom(_ENTROPY * 100)  # a call to the system is dear
        entropy, self._entropy = self._entropy[:_ENTROPY], self._entropy[_ENTROPY:]
        return uuid7(int(self._clock.now() * 1000), entropy)

    def secret(self, size: int = 16) -> str:
        return os.urandom(size).hex()


def uuid7(milliseconds: int, entropy: bytes) -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7) of this time in ms since 1970 and 10 random bytes."""
    value = (milliseconds << 80) | int.from_bytes(entropy, "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
