"""What only MongoDB's adapter has to stand: many processes, lost answers, and a server that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from pymongo.uri_parser import parse_uri

from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.errors import translation
from alur_common.documents.mongo.layout import Content
from alur_common.documents.port import Where
from alur_sdk.errors import (
    AlurError,
    ConflictError,
    ExistsError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from tests.contract.documents_contract import COLLECTIONS, JOBS, ids
from tests.integration.storage.mongo import forget_sockets
from tests.support.clock import FakeClock
from tests.support.proxy import Proxy, proxy

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""A driver that is closed while it connects to a server that is gone leaves the socket to the garbage collector."""


async def outcomes(*work: object) -> list[object]:
    return list(await asyncio.gather(*work, return_exceptions=True))  # type: ignore[call-overload]  # of mixed kinds


async def test_of_many_who_change_at_once_one_wins(mongo: MongoDocuments, clock: FakeClock) -> None:
    others = [MongoDocuments(mongo.database, clock) for _ in range(9)]
    await mongo.insert(JOBS, {"id": "a", "rank": 0})
    tries = [
        store.replace(JOBS, {"id": "a", "rank": n, "owner": f"{at}"}, at_revision=1)
        for at, store in enumerate((mongo, *others))
        for n in range(5)
    ]
    results = await outcomes(*tries)
    won = [result for result in results if isinstance(result, dict)]
    assert (len(won), sum(isinstance(r, ConflictError) for r in results)) == (1, 49)
    assert await mongo.get(JOBS, "a") == won[0]


async def test_all_who_retry_get_through(mongo: MongoDocuments) -> None:
    stores = [mongo, MongoDocuments(mongo.database, FakeClock())]
    await mongo.insert(JOBS, {"id": "a", "rank": 0})

    async def add(store: MongoDocuments) -> None:
        while True:
            known = await store.get(JOBS, "a")
            try:
                await store.replace(
                    JOBS, {"id": "a", "rank": known["rank"] + 1}, at_revision=known["revision"]
                )
            except ConflictError:
                continue
            return

    await asyncio.gather(*(add(store) for store in stores for _ in range(10)))
    end = await mongo.get(JOBS, "a")
    assert (end["rank"], end["revision"]) == (20, 21)


async def test_each_of_a_group_is_told_its_own_outcome(mongo: MongoDocuments) -> None:
    for key in "abcd":
        await mongo.insert(JOBS, {"id": key, "owner": "o", "slot": key})
    await mongo.replace(JOBS, {"id": "b"}, at_revision=1)
    results = await outcomes(
        mongo.replace(JOBS, {"id": "a", "owner": "o", "slot": "new"}, at_revision=1),
        mongo.replace(JOBS, {"id": "b"}, at_revision=1),
        mongo.replace(JOBS, {"id": "c", "owner": "o", "slot": "d"}, at_revision=1),
        mongo.replace(JOBS, {"id": "d"}, at_revision=1, where=[Where("slot", "eq", "other")]),
        mongo.replace(JOBS, {"id": "e"}, at_revision=1),
    )
    kinds = [type(result) for result in results]
    assert kinds == [dict, ConflictError, ExistsError, ConflictError, NotFoundError]


async def test_what_was_changed_meanwhile_is_not_deleted(mongo: MongoDocuments) -> None:
    await asyncio.gather(*(mongo.insert(JOBS, {"id": str(n), "rank": n}) for n in range(40)))

    async def renew() -> None:
        for n in range(40):
            await mongo.replace(JOBS, {"id": str(n), "rank": 100}, at_revision=1)

    tasks = await outcomes(
        *(mongo.delete_many(JOBS, [Where("rank", "lt", 50)], limit=5) for _ in range(4)), renew()
    )
    deleted = sum(task for task in tasks if isinstance(task, int))
    assert await mongo.count(JOBS) == 40 - deleted


async def test_an_own_write_is_known_after_others_wrote(mongo: MongoDocuments) -> None:
    layout = mongo._of(JOBS).layout
    first = Content(layout, {"id": "a"}, 1, "now")
    await mongo._of(JOBS).inserts.ask(first)
    for revision in range(1, 5):
        await mongo.replace(JOBS, {"id": "a"}, at_revision=revision)
    await mongo._of(JOBS).inserts.ask(first)  # as the driver sends it again
    with pytest.raises(ExistsError):
        await mongo.insert(JOBS, {"id": "a"})


@asynccontextmanager
async def behind_proxy(database: Database, url: str) -> AsyncIterator[tuple[MongoDocuments, Proxy]]:
    """Yield documents whose server is reached by a proxy, and which give up after a second and a half."""
    host, port = parse_uri(url)["nodelist"][0]
    async with proxy(host, port or 27017) as between:
        near = f"mongodb://127.0.0.1:{between.listens_at}/?directConnection=true&timeoutMS=1500"
        async with connect(near) as through:
            documents = MongoDocuments(through.client[database.name], FakeClock())
            yield documents, between
            await documents.close()
    await forget_sockets()


@pytest.mark.parametrize("once", [True, False])
async def test_a_write_whose_answer_was_lost_is_no_conflict(
    mongo: MongoDocuments, mongo_url: str, once: bool
) -> None:
    async with behind_proxy(mongo.database, mongo_url) as (documents, between):
        await documents.insert(JOBS, {"id": "a"})
        for command, work in (
            (b"\x02insert\x00", documents.insert(JOBS, {"id": "b"})),
            (b"\x02update\x00", documents.replace(JOBS, {"id": "a", "rank": 7}, at_revision=1)),
        ):
            between.loses = command
            between.has_lost.clear()
            task = asyncio.ensure_future(work)
            await between.has_lost.wait()
            between.loses = None if once else command
            await task
    assert ids(await mongo.find(JOBS, sort=("id",))) == ["a", "b"]
    a = await mongo.get(JOBS, "a")
    assert (a["rank"], a["revision"]) == (7, 2)


async def test_a_lost_answer_does_not_hide_that_somebody_was_faster(
    mongo: MongoDocuments, mongo_url: str
) -> None:
    async with behind_proxy(mongo.database, mongo_url) as (documents, between):
        await mongo.insert(JOBS, {"id": "a"})
        await mongo.replace(JOBS, {"id": "a", "rank": 1}, at_revision=1)
        between.loses = b"\x02update\x00"
        with pytest.raises(ConflictError):
            await documents.replace(JOBS, {"id": "a", "rank": 2}, at_revision=1)
        assert between.lost


async def all_are_refused(documents: MongoDocuments) -> None:
    for work in (
        documents.open(COLLECTIONS),
        documents.insert(JOBS, {"id": "a"}),
        documents.replace(JOBS, {"id": "a"}, at_revision=1),
        documents.find_one(JOBS, "a"),
        documents.find(JOBS),
        documents.count(JOBS),
        documents.delete(JOBS, "a"),
        documents.delete_many(JOBS, [], limit=1),
    ):
        with pytest.raises(UnavailableError) as refused:
            await work
        assert refused.value.retryable


async def test_a_server_out_of_reach_is_unavailable(clock: FakeClock) -> None:
    async with connect("mongodb://127.0.0.1:1/?timeoutMS=300") as database:
        await all_are_refused(MongoDocuments(database, clock))
    await forget_sockets()


async def test_settings_of_a_url_win_but_for_durability() -> None:
    async with connect("mongodb://127.0.0.1:1/?maxPoolSize=3&w=1&journal=false") as database:
        options = database.client.options
        assert options.pool_options.max_pool_size == 3
        assert database.write_concern.document == {"w": "majority", "j": True}
        assert database.read_concern.document == {"level": "majority"}
    with pytest.raises(InvalidError):
        async with connect("http://x"):
            pass


def test_errors_are_told_by_their_code() -> None:
    error: AlurError = translation(ServerSelectionTimeoutError("no server"))
    assert isinstance(error, UnavailableError)
    assert error.code == "unavailable"
