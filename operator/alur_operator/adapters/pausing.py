"""What is no reason to end: the Lease that was lost, an API server that does not answer or does not do as it should."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp
import kopf

# kopf raises what it exports under no public name.
from kopf._cogs.clients.errors import APIError, APISessionClosed
from kopf._cogs.clients.watching import WatchingError

from alur_operator.adapters.lease import LostError

OF_THE_API_SERVER = (
    APIError,
    APISessionClosed,
    WatchingError,
    kopf.LoginError,
    aiohttp.ClientError,
    TimeoutError,
)


async def pausing(work: Coroutine[Any, Any, None]) -> str:
    """Do it, and return why it ended where that is no reason to end for good; nothing when it was told to stop."""
    try:
        await work
    except LostError as error:
        return error.message
    except OF_THE_API_SERVER as error:
        return f"the API server: {str(error) or type(error).__name__}"
    except asyncio.CancelledError:
        # kopf, when it fails, cancels every task that came after it, those of others too.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return "what reaches the API server has failed"
    return ""
