"""Writing what must not be lost: again and again while the store cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from alur_executor.domain.pauses import LONGEST_PAUSE_SECONDS
from alur_sdk.errors import StorageError

T = TypeVar("T")


async def until_written(write: Callable[[], Awaitable[T]], trouble: str, execution: str) -> T:
    """Return what the write returns once it could be done; `trouble` goes to the log each time that it could not.

    It is made for what happened already: given up, it would happen again.
    """
    pause = 0.1
    while True:
        try:
            return await write()
        except StorageError as error:
            structlog.get_logger("alur.executor").error(
                trouble, execution_id=execution, reason=error.message
            )
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
