"""Moments as Alur writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import overload

LATEST_SECONDS = 253_402_300_799.9995
"""The end of the year 9999, the last that RFC 3339 can write."""


@overload
def rfc3339(seconds: float) -> str: ...
@overload
def rfc3339(seconds: float | None) -> str | None: ...
def rfc3339(seconds: float | None) -> str | None:
    """Return seconds since 1970 as RFC 3339 UTC with milliseconds, the last moment of 9999 for what is later; None for None."""
    if seconds is None:
        return None
    microseconds = round(min(max(seconds, 0.0), LATEST_SECONDS) * 1e6)
    second, rest = divmod(microseconds // 1000, 1000)
    return f"{_written(second)}.{rest:03}Z"


@lru_cache(maxsize=64)  # a busy process writes the same second thousands of times
def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat()
