"""The contract of `Documents` on MongoDB, or the server that stands for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import pytest

from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.schema import prove_atomic
from alur_common.documents.port import Documents
from alur_sdk.errors import ConflictError, StateError, UnavailableError
from tests.contract.documents_contract import (
    COLLECTIONS,
    JOBS,
    RefusalsContract,
    WritesContract,
)
from tests.contract.documents_queries import QueriesContract
from tests.support.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    async with connect(mongo_url) as default:
        database = default.client[f"alur-{uuid4().hex[:12]}"]
        yield database
        await database.client.drop_database(database.name)


@pytest.fixture
async def mongo(database: Database, clock: FakeClock) -> AsyncIterator[MongoDocuments]:
    documents = MongoDocuments(database, clock)
    await documents.open(COLLECTIONS)
    yield documents
    await documents.close()


class TestMongoDocuments(WritesContract, RefusalsContract, QueriesContract):
    @pytest.fixture
    def documents(self, mongo: MongoDocuments) -> Documents:
        return mongo


async def test_of_many_who_change_at_once_one_wins(mongo: MongoDocuments) -> None:
    await mongo.insert(JOBS, {"id": "a", "rank": 0})
    attempts = [mongo.replace(JOBS, {"id": "a", "rank": n}, at_revision=1) for n in range(50)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert (len(won), sum(isinstance(o, ConflictError) for o in outcomes)) == (1, 49)
    assert await mongo.get(JOBS, "a") == won[0]


async def test_an_insert_whose_answer_was_lost_is_known_again(mongo: MongoDocuments) -> None:
    kept = mongo._of(JOBS)
    _, stored = mongo._stored(JOBS, {"id": "a"}, 1)
    await kept.inserts.ask(stored)
    await kept.inserts.ask(stored)
    assert (await mongo.get(JOBS, "a"))["revision"] == 1


async def test_processes_that_start_at_once_make_one_schema(
    database: Database, clock: FakeClock
) -> None:
    stores = [MongoDocuments(database, clock) for _ in range(5)]
    await asyncio.gather(*(store.open(COLLECTIONS) for store in stores))
    assert {"jobs", "notes"} <= set(await database.list_collection_names())


async def test_a_newer_schema_is_refused(database: Database, clock: FakeClock) -> None:
    await database["meta"].insert_one({"_id": "schema", "version": 99})
    with pytest.raises(StateError, match="newer"):
        await MongoDocuments(database, clock).open(COLLECTIONS)


class _Racing:
    """A server on which every update wins, as one that is not atomic does."""

    def __getitem__(self, name: str) -> _Racing:
        return self

    async def insert_one(self, document: dict[str, Any]) -> _Racing:
        return self

    inserted_id = 1
    modified_count = 1

    async def update_one(self, *_: object) -> _Racing:
        return self

    async def find_one_and_update(self, *_: object, **__: object) -> dict[str, int]:
        return {"count": 1}

    async def delete_one(self, _: object) -> None:
        return None


async def test_a_server_that_is_not_atomic_is_refused() -> None:
    with pytest.raises(StateError, match="20 of 20 won a race"):
        await prove_atomic(cast("Database", _Racing()))


async def test_a_server_out_of_reach_is_unavailable(clock: FakeClock) -> None:
    url = "mongodb://127.0.0.1:1/?timeoutMS=300"
    async with connect(url) as database:
        with pytest.raises(UnavailableError):
            await MongoDocuments(database, clock).find_one(JOBS, "a")
