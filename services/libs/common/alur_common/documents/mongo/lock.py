"""The lock of the schema: one process at a time changes it, and one that died gives it up by time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from pymongo.errors import DuplicateKeyError, PyMongoError

from alur_common.clock import Clock
from alur_common.documents.mongo.errors import translated
from alur_common.documents.mongo.layout import Rows
from alur_common.documents.mongo.unbroken import Unbroken
from alur_sdk.errors import ConflictError, UnavailableError

LOCK_SECONDS = 10.0
"""How long the lock lasts unless it is renewed. Should clocks differ by more, two are at work at once, which each step of
the schema can bear."""
WAIT_SECONDS = 300.0
_PAUSE_SECONDS = 0.1


async def under_lock(
    schema: Rows, clock: Clock, work: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Do the work while nobody else does.

    Raises `UnavailableError` when the lock is not to be had for long, `ConflictError` when it was lost on the way. Work
    that has begun goes on by itself then, and when the caller is cancelled: no call of the driver is broken off.
    """
    owner, unbroken = secrets.token_hex(8), Unbroken()
    await _acquire(schema, clock, owner, unbroken)
    await unbroken.run(_work(schema, clock, owner, work))


async def _work(
    schema: Rows, clock: Clock, owner: str, work: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    is_over = asyncio.Event()
    working = asyncio.ensure_future(Unbroken().run(work()))
    renewing = asyncio.ensure_future(_renew(schema, clock, owner, is_over))
    try:
        done, _ = await asyncio.wait((working, renewing), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        working.cancel()  # this ends the waiting for it, not the work
        is_over.set()
        await asyncio.wait((renewing,))
        with suppress(PyMongoError):  # it runs out by itself
            mine = {"_id": "lock", "owner": owner}
            await schema.update_one(mine, {"$set": {"until": 0.0}})


async def _acquire(schema: Rows, clock: Clock, owner: str, unbroken: Unbroken) -> None:
    for _ in range(int(WAIT_SECONDS / _PAUSE_SECONDS)):
        if await unbroken.run(_try(schema, clock, owner)):
            return
        await asyncio.sleep(_PAUSE_SECONDS)
    raise UnavailableError("another process changes the schema of the database for too long")


async def _try(schema: Rows, clock: Clock, owner: str) -> bool:
    now = clock.now()
    lease = {"$set": {"owner": owner, "until": now + LOCK_SECONDS}}
    with translated():
        try:
            await schema.update_one({"_id": "lock", "until": {"$lt": now}}, lease, upsert=True)
        except DuplicateKeyError:
            # Somebody has it; or it is ours, and the answer to a first try was lost.
            return await schema.find_one({"_id": "lock", "owner": owner}) is not None
    return True


async def _renew(schema: Rows, clock: Clock, owner: str, is_over: asyncio.Event) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOCK_SECONDS / 3):
                await is_over.wait()
                return
        lease = {"$set": {"until": clock.now() + LOCK_SECONDS}}
        with translated():
            renewed = await schema.update_one({"_id": "lock", "owner": owner}, lease)
        if not renewed.matched_count:
            raise ConflictError("another process took the lock of the database's schema")
