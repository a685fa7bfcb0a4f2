"""A server that is killed: what was answered is there, and calls fail in time until it is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from alur_common.documents.mongo import MongoDocuments, connect
from alur_sdk.errors import AlurError, ConflictError, UnavailableError
from tests.contract.documents_contract import COLLECTIONS, JOBS
from tests.integration.storage.mongo import forget_sockets
from tests.support.clock import FakeClock
from tools.servers import mongo as mongo_server
from tools.servers.running import Server

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""A driver that is closed while it connects to a server that is gone leaves the socket to the garbage collector."""
TIMEOUT_SECONDS = 2.0
LOOK_SECONDS = 2.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of our own, for it is killed: never the one that a URL names."""
    server = mongo_server.server(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
async def documents(server: Server) -> AsyncIterator[MongoDocuments]:
    url = f"mongodb://127.0.0.1:{server.port}/"
    async with connect(url, timeout_seconds=TIMEOUT_SECONDS) as database:
        documents = MongoDocuments(database, FakeClock())
        await documents.open(COLLECTIONS)
        yield documents
        await documents.close()
    await forget_sockets()


async def test_what_was_answered_survives_a_kill(server: Server, documents: MongoDocuments) -> None:
    answered: dict[str, int] = {}
    enough = asyncio.Event()

    async def write(name: str) -> None:
        for number in range(10_000):
            key = f"{name}-{number}"
            try:
                await documents.insert(JOBS, {"id": key, "rank": 1})
                answered[key] = 1
                await documents.replace(JOBS, {"id": key, "rank": 2}, at_revision=1)
                answered[key] = 2
            except AlurError:
                return
            if len(answered) > 300:
                enough.set()

    writers = [asyncio.create_task(write(f"w{number}")) for number in range(20)]
    await enough.wait()
    server.kill()
    await asyncio.gather(*writers)
    server.start()
    found = {key: await documents.find_one(JOBS, key) for key in answered}
    lost = [key for key, rank in answered.items() if (found[key] or {"rank": 0})["rank"] < rank]
    assert lost == []


async def test_calls_fail_in_time_and_go_on_when_it_is_back(
    server: Server, documents: MongoDocuments
) -> None:
    await documents.insert(JOBS, {"id": "a"})
    server.kill()
    calls: list[Awaitable[object]] = [
        documents.insert(JOBS, {"id": "b"}),
        documents.replace(JOBS, {"id": "a"}, at_revision=1),
        documents.find_one(JOBS, "a"),
    ]
    for call in calls:
        began = time.monotonic()
        with pytest.raises(UnavailableError) as refused:
            await call
        assert refused.value.retryable
        assert time.monotonic() - began < TIMEOUT_SECONDS + LOOK_SECONDS + 2
    server.start()
    await documents.insert(JOBS, {"id": "c"})
    assert (await documents.get(JOBS, "a"))["revision"] == 1


async def test_a_server_that_stands_still_fails_calls_in_time(
    server: Server, documents: MongoDocuments
) -> None:
    await documents.insert(JOBS, {"id": "a"})
    server.pause()
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        await documents.replace(JOBS, {"id": "a", "rank": 1}, at_revision=1)
    assert time.monotonic() - began < TIMEOUT_SECONDS + LOOK_SECONDS + 2
    server.go_on()
    with suppress(ConflictError):  # what was sent may have arrived
        await documents.replace(JOBS, {"id": "a", "rank": 1}, at_revision=1)
    a = await documents.get(JOBS, "a")
    assert (a["rank"], a["revision"]) == (1, 2)
