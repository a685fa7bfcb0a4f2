"""The schema of the database of an installation."""

from __future__ import annotations

from alur.collections import COLLECTIONS
from alur_common.clock import SystemClock
from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.mongo.errors import translated


async def migrate(url: str, *, drops: bool = False) -> list[str]:
    """Bring a database of MongoDB to the schema of this version and return the collections that it had not.

    Indexes that are no more declared stay unless `drops`: services of the version before go on with them, also when the
    upgrade goes no further. Safe to repeat, and beside services that do the same. Raises `StateError` for a database of a
    newer Alur, `UnavailableError` when it is out of reach.
    """
    async with connect(url) as database:
        with translated():
            before = await database.list_collection_names()
        documents = MongoDocuments(database, SystemClock())
        await documents.open(COLLECTIONS, drops=drops)
        await documents.close()
    return sorted({collection.name for collection in COLLECTIONS} - set(before))
