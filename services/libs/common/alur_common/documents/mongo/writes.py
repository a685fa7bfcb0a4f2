"""Writes in groups, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from alur_common.documents.mongo.client import translated
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError, StorageError

Stored = dict[str, Any]
Table = AsyncCollection[Stored]
DUPLICATE = 11_000
WRITE = "write"
"""The field that names the write by which a document came to be as it is: so a writer knows its own."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new content for a document, if it still matches."""

    matches: dict[str, Any]
    stored: Stored


async def insert_all(table: Table, documents: Sequence[Stored]) -> list[Exception | None]:
    """Insert them; return for each None, or why it was refused."""
    outcomes: list[Exception | None] = [None] * len(documents)
    with translated():
        try:
            await table.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            for index, fault in _faults(error):
                outcomes[index] = await _insert_error(table, documents[index], fault)
    return outcomes


async def _insert_error(table: Table, document: Stored, fault: dict[str, Any]) -> Exception | None:
    if fault["code"] != DUPLICATE:
        return StorageError(f"MongoDB refused it ({fault['code']}): {fault.get('errmsg')}")
    key = document["_id"]
    known = await table.find_one({"_id": key}, {WRITE: 1})
    if known is not None and known.get(WRITE) == document[WRITE]:
        return None  # it is ours: the answer to a first try was lost
    if known is not None:
        return ExistsError(f"{table.name} {key} exists already", id=key)
    return _taken(table, key)


async def replace_all(table: Table, wanted: Sequence[Replacement]) -> list[Exception | None]:
    """Replace each document that still matches; return for each None, or why it was refused."""
    faults: dict[int, dict[str, Any]] = {}
    matched = 0
    with translated():
        try:
            result = await table.bulk_write(
                [ReplaceOne(one.matches, one.stored) for one in wanted], ordered=False
            )
            matched = result.matched_count
        except BulkWriteError as error:
            faults = dict(_faults(error))
        if not faults and matched == len(wanted):
            return [None] * len(wanted)
        # Only the sum is told: what stands there now tells which.
        keys = [one.stored["_id"] for one in wanted]
        cursor = table.find({"_id": {"$in": keys}}, {WRITE: 1, "revision": 1})
        known = {found["_id"]: found async for found in cursor}
    return [_replace_error(table, one, known, faults.get(at)) for at, one in enumerate(wanted)]


def _replace_error(
    table: Table,
    one: Replacement,
    known: dict[str, Stored],
    fault: dict[str, Any] | None,
) -> Exception | None:
    key = one.stored["_id"]
    if fault is not None and fault["code"] == DUPLICATE:
        return _taken(table, key)
    if fault is not None:
        return StorageError(f"MongoDB refused it ({fault['code']}): {fault.get('errmsg')}")
    found = known.get(key)
    if found is None:
        return NotFoundError(f"{table.name} {key} does not exist", id=key)
    if found.get(WRITE) == one.stored[WRITE]:
        return None
    return ConflictError(
        f"{table.name} {key} changed meanwhile", id=key, revision=found["revision"]
    )


def _faults(error: BulkWriteError) -> list[tuple[int, dict[str, Any]]]:
    """Return the index and the error of each write that was refused; raises when all of it may be in doubt."""
    details = error.details or {}
    if details.get("writeConcernErrors"):
        raise StorageError(f"MongoDB did not make it durable: {details['writeConcernErrors'][0]}")
    return [(fault["index"], fault) for fault in details.get("writeErrors", ())]


def _taken(table: Table, key: str) -> ExistsError:
    return ExistsError(
        f"{table.name} {key}: another one has the same value of a unique index", id=key
    )
