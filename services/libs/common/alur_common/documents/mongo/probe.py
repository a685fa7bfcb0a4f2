"""A proof by small races that the server changes one document at a time; some that speak the protocol do not."""

from __future__ import annotations

import asyncio
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import OperationFailure

from alur_common.documents.mongo.errors import WRITE_CONFLICT, translated
from alur_common.documents.mongo.layout import Rows
from alur_sdk.errors import StateError

RACERS = 20
_MOST_TRIES = 20


async def prove_atomic(races: Rows) -> None:
    """Run 20 for one compare-and-set, and add 20 times one. Raises `StateError` when the server is not atomic."""
    place = {"_id": ObjectId()}
    with translated():
        await races.insert_one({**place, "winner": 0, "count": 0})
        try:
            won = await asyncio.gather(*(_run(races, place, n + 1) for n in range(RACERS)))
            counts = await asyncio.gather(*(_add(races, place) for _ in range(RACERS)))
            end = await races.find_one(place) or {}
        finally:
            await races.delete_one(place)
    winners = [number for number in won if number]
    if (
        winners != [end.get("winner")]
        or set(counts) != set(range(1, RACERS + 1))
        or end.get("count") != RACERS
    ):
        raise StateError(
            f"this server is not atomic: {len(winners)} of {RACERS} won a race that one can win, and {RACERS} additions "
            f"of one gave {end.get('count')}. Alur needs MongoDB 6 or later, as a replica set"
        )


async def _run(races: Rows, place: dict[str, Any], number: int) -> int:
    """Return the number when this one won, else 0."""
    try:
        result = await races.update_one({**place, "winner": 0}, {"$set": {"winner": number}})
    except OperationFailure as error:
        if error.code == WRITE_CONFLICT:
            return 0  # another one was faster
        raise
    return number if result.modified_count else 0


async def _add(races: Rows, place: dict[str, Any]) -> int:
    """Return the count after adding one."""
    for attempt in range(_MOST_TRIES):
        try:
            found = await races.find_one_and_update(
                place, {"$inc": {"count": 1}}, return_document=ReturnDocument.AFTER
            )
        except OperationFailure as error:
            if error.code != WRITE_CONFLICT:
                raise
            await asyncio.sleep(0.01 * attempt)
        else:
            return int(found["count"]) if found else 0
    return 0
