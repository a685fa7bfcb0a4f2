"""Collections, indexes and validators, made by whoever starts first; and a proof that the server is atomic."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import CollectionInvalid, DuplicateKeyError, OperationFailure

from alur_common.clock import Clock
from alur_common.documents.migrations import Migration, newest, pending
from alur_common.documents.mongo.client import Database, translated
from alur_common.documents.mongo.query import name_of
from alur_common.documents.port import Collection, Index
from alur_sdk.errors import StateError

META = "meta"
LOCK_SECONDS = 30.0
RACERS = 20
_EXISTS_ALREADY = 48


async def prepare(
    database: Database,
    collections: Sequence[Collection],
    migrations: Sequence[Migration],
    clock: Clock,
) -> None:
    """Bring the database to this schema, one process at a time; every step is safe to repeat.

    Raises `StateError` for a database of a newer version and for a server that is not atomic.
    """
    await prove_atomic(database)
    with translated():
        await _lock(database, clock)
        try:
            for collection in collections:
                await _ensure(database, collection)
            await _migrate(database, migrations)
        finally:
            await database[META].update_one({"_id": "lock"}, {"$set": {"until": 0.0}})


async def _lock(database: Database, clock: Clock) -> None:
    """Hold the lock of the schema; a holder that died gives it up by time."""
    while True:
        now = clock.now()
        try:
            await database[META].update_one(
                {"_id": "lock", "until": {"$lt": now}},
                {"$set": {"until": now + LOCK_SECONDS}},
                upsert=True,
            )
        except DuplicateKeyError:
            await asyncio.sleep(0.2)
        else:
            return


async def _ensure(database: Database, collection: Collection) -> None:
    try:
        await database.create_collection(collection.name, validator=_validator(collection))
    except (CollectionInvalid, OperationFailure) as error:
        if getattr(error, "code", _EXISTS_ALREADY) not in (None, _EXISTS_ALREADY):
            raise
    for index in collection.indexes:
        options: dict[str, Any] = {}
        if index.unique or index.sparse:
            names = index.fields if index.unique else index.fields[:1]
            options["partialFilterExpression"] = {n: {"$exists": True} for n in names}
        keys = [(name_of(field), 1) for field in index.fields]
        await database[collection.name].create_index(
            keys, name=_name(index), unique=index.unique, **options
        )


def _name(index: Index) -> str:
    return "_".join(index.fields)


def _validator(collection: Collection) -> dict[str, Any]:
    """Return the JSON Schema of stored documents: the kept fields, and scalars in the declared ones."""
    scalar = {"bsonType": ["string", "int", "long", "double", "bool"]}
    properties = dict.fromkeys(map(name_of, collection.fields), scalar)
    kept = {
        "_id": {"bsonType": "string"},
        "revision": {"bsonType": ["int", "long"]},
        "updatedAt": {"bsonType": "string"},
        "json": {"bsonType": "string"},
    }
    required = ["_id", "revision", "updatedAt", "json"]
    return {
        "$jsonSchema": {
            "bsonType": "object",
            "required": required,
            "properties": {**properties, **kept},
        }
    }


async def _migrate(database: Database, migrations: Sequence[Migration]) -> None:
    """Refuse what a newer version wrote, and note the version of what is written from now on."""
    known = await database[META].find_one({"_id": "schema"}) or {"version": newest(migrations)}
    if pending(migrations, known["version"]):
        raise StateError("this version brings no migration for MongoDB yet")
    await database[META].update_one(
        {"_id": "schema"}, {"$set": {"version": newest(migrations)}}, upsert=True
    )


async def prove_atomic(database: Database) -> None:
    """Let small races show that the server updates one document at a time. Raises `StateError` when it does not."""
    races = database["races"]
    with translated():
        made = await races.insert_one({"at": 0, "count": 0})
        place = {"_id": made.inserted_id}
        try:
            won = await asyncio.gather(
                *(
                    races.update_one({**place, "at": 0}, {"$set": {"at": n + 1}})
                    for n in range(RACERS)
                )
            )
            counted = await asyncio.gather(
                *(
                    races.find_one_and_update(
                        place, {"$inc": {"count": 1}}, return_document=ReturnDocument.AFTER
                    )
                    for _ in range(RACERS)
                )
            )
        finally:
            await races.delete_one(place)
    winners = sum(result.modified_count for result in won)
    counts = {found["count"] for found in counted if found is not None}
    if winners != 1 or counts != set(range(1, RACERS + 1)):
        raise StateError(
            f"this server is not atomic: {winners} of {RACERS} won a race that one can win, and "
            f"{RACERS} increments gave {max(counts, default=0)}. Use MongoDB 6 or later, as a replica set"
        )
