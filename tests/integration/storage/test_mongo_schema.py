"""The database's schema: made once by whoever comes first, forward only, and safe to repeat."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pymongo.errors import OperationFailure

from alur_common.documents.migrations import Drop, Migration, Rewrite
from alur_common.documents.mongo import MongoDocuments
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.layout import Rows
from alur_common.documents.mongo.probe import prove_atomic
from alur_common.documents.port import Collection, Index, Where
from alur_sdk.errors import ConflictError, StateError
from tests.contract.documents_contract import COLLECTIONS, JOBS, ids
from tests.integration.storage.mongo import COUNTING
from tests.support.clock import FakeClock


async def opened(database: Database, *what: Collection, **more: Any) -> MongoDocuments:
    documents = MongoDocuments(database, FakeClock())
    await documents.open(what or COLLECTIONS, **more)
    return documents


async def indexes(database: Database, name: str) -> set[str]:
    """Return the names of a collection's indexes, without those that every collection has."""
    return set(await database[name].index_information()) - {"_id_", "schema"}


async def test_stores_that_open_at_once_make_one_schema(database: Database) -> None:
    await asyncio.gather(*(opened(database) for _ in range(5)))
    assert {"jobs", "notes", "schema"} <= set(await database.list_collection_names())
    assert await indexes(database, "jobs") == {"i_status__rank", "u_owner__slot"}


async def test_processes_that_migrate_at_once_migrate_once(
    database: Database, mongo_url: str
) -> None:
    documents = await opened(database)
    await asyncio.gather(*(documents.insert(JOBS, {"id": f"{n:04}"}) for n in range(450)))
    command = (sys.executable, "-m", "tests.integration.storage.mongo", mongo_url, database.name)
    processes = [await asyncio.create_subprocess_exec(*command) for _ in range(3)]
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0]
    assert await documents.count(JOBS, [Where("rank", "eq", 1)]) == 450
    assert await documents.count(JOBS, [Where("revision", "eq", 2)]) == 450


async def test_a_migration_that_was_cut_off_is_completed(database: Database) -> None:
    documents = await opened(database)
    await documents.insert(JOBS, {"id": "a", "status": "old"})
    await documents.insert(JOBS, {"id": "b", "status": "odd"})

    def fail(document: dict[str, Any]) -> dict[str, Any]:
        raise StateError("cut off")

    first = Rewrite("jobs", lambda d: {**d, "status": "new"} if d["status"] != "odd" else None)
    steps = (first, Drop("notes"))
    with pytest.raises(StateError, match="cut off"):
        await opened(database, migrations=[Migration(1, "rename", (first, Rewrite("jobs", fail)))])
    after = await opened(database, JOBS, migrations=[Migration(1, "rename", steps)])
    assert ids(await after.find(JOBS, [Where("status", "eq", "new")])) == ["a"]
    assert await after.count(JOBS) == 1
    assert "notes" not in await database.list_collection_names()


async def test_a_newer_schema_is_refused(database: Database) -> None:
    await opened(database, migrations=[COUNTING])
    with pytest.raises(StateError, match="newer"):
        await opened(database)


async def test_a_lock_that_is_held_is_waited_for(database: Database) -> None:
    lock = {"_id": "lock", "owner": "x", "until": FakeClock().now() + 5}
    await database["schema"].insert_one(cast("dict[str, Any]", lock))
    opening = asyncio.create_task(opened(database))
    await asyncio.sleep(0.3)
    assert not opening.done()
    await database["schema"].update_one({"_id": "lock"}, {"$set": {"until": 0.0}})
    await opening


async def test_a_lock_of_a_process_that_died_runs_out(database: Database) -> None:
    lock = {"_id": "lock", "owner": "x", "until": FakeClock().now() - 1}
    await database["schema"].insert_one(cast("dict[str, Any]", lock))
    await opened(database)


async def test_a_process_that_lost_the_lock_stops(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await opened(database)).insert(JOBS, {"id": "a"})
    monkeypatch.setattr("alur_common.documents.mongo.lock.LOCK_SECONDS", 0.15)
    stolen = {"$set": {"owner": "thief"}}
    take = database["schema"].update_one({"_id": "lock"}, stolen)
    documents = MongoDocuments(database, FakeClock())
    gate = asyncio.Event()

    async def wait_for_ever(*_: object) -> None:
        await take
        await gate.wait()

    monkeypatch.setattr("alur_common.documents.mongo.schema._Preparation.run", wait_for_ever)
    with pytest.raises(ConflictError, match="lock"):
        await documents.open(COLLECTIONS)


async def test_a_field_that_is_declared_anew_is_filled(database: Database) -> None:
    old = Collection("things")
    await (await opened(database, old)).insert(old, {"id": "a", "colour": "red", "gone_at": 9.0})
    new = Collection(
        "things", fields=("colour", "gone_at"), indexes=(Index(("colour",)),), ttl="gone_at"
    )
    documents = await opened(database, new)
    assert ids(await documents.find(new, [Where("colour", "eq", "red")])) == ["a"]
    stored = await database["things"].find_one({"_id": "a"}) or {}
    assert stored["_expires"].replace(tzinfo=UTC) == datetime.fromtimestamp(9, UTC)


THINGS = Collection("things", fields=("size",))
LATER_THINGS = Collection("things", fields=("size", "colour"), indexes=(Index(("colour",)),))
RED = [Where("colour", "eq", "red")]


async def test_what_a_version_before_writes_after_the_migration_is_found(
    database: Database,
) -> None:
    before = await opened(database, THINGS)
    await before.insert(THINGS, {"id": "changed", "colour": "blue"})
    await opened(database, LATER_THINGS)
    await before.insert(THINGS, {"id": "new", "colour": "red"})
    await before.replace(THINGS, {"id": "changed", "colour": "red"})
    after = await opened(database, LATER_THINGS)
    assert ids(await after.find(LATER_THINGS, RED)) == ["changed", "new"]


async def test_what_a_version_before_writes_when_all_others_have_started_is_caught_up_with(
    database: Database,
) -> None:
    before, after = await opened(database, THINGS), await opened(database, LATER_THINGS)
    for n in range(450):
        await before.insert(THINGS, {"id": f"{n:04}", "colour": "red"})
    assert await after.count(LATER_THINGS, RED) == 0
    await after.catch_up()
    assert await after.count(LATER_THINGS, RED) == 450


async def written_under(database: Database) -> int:
    """Return the number of the declaration under which the thing `a` was written."""
    return int((await database["things"].find_one({"_id": "a"}) or {})["_schema"])


async def test_who_is_about_to_change_what_is_filled_is_not_held_up(database: Database) -> None:
    before = await opened(database, THINGS)
    await before.insert(THINGS, {"id": "a", "colour": "red"})
    after = await opened(database, LATER_THINGS)
    assert ids(await after.find(LATER_THINGS, RED)) == ["a"]
    await before.replace(THINGS, {"id": "a", "colour": "blue"}, at_revision=1)
    await after.catch_up()
    assert await after.count(LATER_THINGS, RED) == 0
    assert (await after.get(LATER_THINGS, "a"))["colour"] == "blue"


async def test_what_has_all_fields_of_a_version_is_not_filled_by_it(database: Database) -> None:
    before = await opened(database, THINGS)
    documents = await opened(database, LATER_THINGS)
    await documents.insert(LATER_THINGS, {"id": "a", "colour": None})
    for version in (before, await opened(database, THINGS), documents):
        await version.catch_up()
        assert await written_under(database) == 2


async def test_what_was_filled_before_declarations_were_counted_is_left_as_it_is(
    database: Database,
) -> None:
    documents = await opened(database, LATER_THINGS)
    await documents.insert(LATER_THINGS, {"id": "a", "colour": "red"})
    await database["things"].update_one({"_id": "a"}, {"$set": {"_schema": 0}})
    filled: dict[str, Any] = {"_id": "fields/things", "fields": ["colour", "size"]}
    await database["schema"].insert_one(filled)
    await documents.catch_up()
    assert await written_under(database) == 0
    await database["schema"].update_one({"_id": "fields/things"}, {"$set": {"fields": []}})
    await documents.catch_up()
    assert await written_under(database) == 1


async def test_a_start_of_any_version_leaves_the_others_their_indexes(database: Database) -> None:
    changed = replace(JOBS, indexes=(Index(("due",), unique=True),))
    for version in (JOBS, changed, JOBS):
        await opened(database, version)
    assert await indexes(database, "jobs") == {"i_status__rank", "u_owner__slot", "u_due"}


async def test_indexes_that_are_no_more_declared_go_when_they_are_to(database: Database) -> None:
    await opened(database)
    changed = replace(JOBS, indexes=(Index(("due",)),))
    await opened(database, changed)
    await opened(database, changed, drops=True)
    assert await indexes(database, "jobs") == {"i_due"}


async def test_indexes_of_a_newer_version_are_never_dropped(database: Database) -> None:
    await opened(database, replace(JOBS, indexes=(Index(("rank",)),)))
    await opened(database)
    await opened(database, replace(JOBS, indexes=(Index(("due",)),)))
    await opened(database, drops=True)
    assert await indexes(database, "jobs") == {"i_status__rank", "u_owner__slot", "i_due"}


async def test_indexes_follow_their_declaration(database: Database) -> None:
    await opened(database)
    await database["jobs"].create_index("status", name="of the operator")
    changed = replace(JOBS, indexes=(Index(("due",), sparse=True, newest_first=True),), ttl="due")
    await opened(database, changed, drops=True)
    assert await indexes(database, "jobs") == {"of the operator", "isn_due", "ttl"}
    present = await database["jobs"].index_information()
    assert [(name, int(way)) for name, way in present["isn_due"]["key"]] == [
        ("due", 1),
        ("_id", -1),
    ]
    assert present["ttl"]["expireAfterSeconds"] == 60


async def test_a_document_that_has_no_time_to_go_stays(
    database: Database,
) -> None:
    notes = Collection("notes", fields=("due",), ttl="due")
    documents = await opened(database, notes)
    await documents.insert(notes, {"id": "a", "due": 5.0})
    await documents.insert(notes, {"id": "b"})
    await documents.replace(notes, {"id": "a", "due": None}, at_revision=1)
    assert await database["notes"].count_documents({"_expires": {"$exists": True}}) == 0


async def test_the_validator_refuses_what_no_adapter_writes(database: Database) -> None:
    await opened(database)
    with pytest.raises(OperationFailure) as refused:
        await database["jobs"].insert_one({"_id": "a", "rank": [1]})
    assert refused.value.code == 121


class _Racing:
    """A server on which every update wins and no addition sees another, as on one that is not atomic."""

    modified_count = 1

    async def insert_one(self, _: object) -> _Racing:
        return self

    async def update_one(self, *_: object) -> _Racing:
        return self

    async def find_one(self, _: object) -> dict[str, int]:
        return {"winner": 20, "count": 1}

    async def find_one_and_update(self, *_: object, **__: object) -> dict[str, int]:
        return {"count": 1}

    async def delete_one(self, _: object) -> None:
        return None


async def test_a_server_that_is_not_atomic_is_refused() -> None:
    with pytest.raises(StateError, match=r"20 of 20 won a race.* gave 1\."):
        await prove_atomic(cast("Rows", _Racing()))


async def test_a_server_that_is_atomic_passes(database: Database) -> None:
    await prove_atomic(database["races"])
    assert await database["races"].count_documents({}) == 0
