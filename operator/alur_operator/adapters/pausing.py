"""What is no reason to end: the Lease that was lost, an API server that does not answer or does not do as it should."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

import aiohttp
import kopf

# kopf raises what it exports under no public name.
from kopf._cogs.clients.errors import APIError, APISessionClosed
from kopf._cogs.clients.watching import WatchingError

from alur_common.telemetry import get_logger
from alur_sdk.errors import UnavailableError

OF_THE_API_SERVER = (
    APIError,
    APISessionClosed,
    WatchingError,
    kopf.LoginError,
    aiohttp.ClientError,
    TimeoutError,
)


ENDING_SECONDS = 30.0
"""kopf, when it fails, asks its tasks to end; some of them do not hear it."""
_log = get_logger("alur.operator")


@contextlib.contextmanager
def ending_with(
    tasks: Iterable[asyncio.Task[Any]], end: Callable[[int], object] = os._exit
) -> Iterator[None]:
    """Have the process end, to be started again by its node, where the body goes on for long after one of its tasks has ended."""
    loop, timers = asyncio.get_running_loop(), list[asyncio.TimerHandle]()

    def give_up() -> None:
        _log.error("work does not end: the process does, to be started again")
        end(1)

    def ended(_: object) -> None:
        timers.append(loop.call_later(ENDING_SECONDS, give_up))

    for task in tasks:
        task.add_done_callback(ended)
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(ended)
        for timer in timers:
            timer.cancel()


async def pausing(work: Coroutine[Any, Any, None]) -> str:
    """Do it, and return why it ended where that is no reason to end for good; nothing when it was told to stop."""
    try:
        await work
    except OF_THE_API_SERVER as error:
        return f"the API server: {str(error) or type(error).__name__}"
    except UnavailableError as error:  # the Lease was lost, too
        return error.message
    except asyncio.CancelledError:
        # kopf, when it fails, cancels every task that came after it, those of others too.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return "what reaches the API server has failed"
    return ""
