"""A process whose disk can be made to fail, and databases of MongoDB."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.mongo.client import Database
from tests.contract.documents_contract import COLLECTIONS
from tests.integration.storage.mongo import NewDatabase
from tests.support.clock import FakeClock

Run = Callable[..., Awaitable[dict[str, Any]]]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled `faults.c`. Without a C compiler these tests fail: they never pass unseen."""
    library = tmp_path_factory.mktemp("shim") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)  # noqa: S603 - our own source and a fixed command
    return library


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **more}


async def start(name: str, folder: Path, **more: str) -> asyncio.subprocess.Process:
    """Start a program of `program.py` with these variables."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.storage.program",
        name,
        str(folder),
        cwd=ROOT,
        env=environment(**more),
        stdout=asyncio.subprocess.PIPE,
    )


@pytest.fixture
def run(shim: Path, tmp_path: Path) -> Run:
    """Run a program under the shim and return what it found."""

    async def run(name: str, *, switch: str | None = None) -> dict[str, Any]:
        switches = {switch: str(tmp_path / "switch")} if switch else {}
        count = tmp_path / "count"
        count.touch()
        process = await start(name, tmp_path, LD_PRELOAD=str(shim), COUNT=str(count), **switches)
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0
        return dict(json.loads(output))

    return run


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def new_database(mongo_url: str) -> AsyncIterator[NewDatabase]:
    """Make databases of their own, and drop them at the end."""
    names: list[str] = []
    async with connect(mongo_url) as default:

        async def make() -> Database:
            names.append(f"alur-{uuid4().hex[:12]}")
            return default.client[names[-1]]

        yield make
        for name in names:
            await default.client.drop_database(name)


@pytest.fixture
async def database(new_database: NewDatabase) -> Database:
    return await new_database()


@pytest.fixture(scope="session")
def emptied(mongo_url: str) -> Iterator[tuple[str, list[bool]]]:
    """The name of a database that is prepared once, since that takes a while, and whether it is."""
    name = f"alur-{uuid4().hex[:12]}"
    yield name, []
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(name)


@pytest.fixture
async def mongo(
    mongo_url: str, emptied: tuple[str, list[bool]], clock: FakeClock
) -> AsyncIterator[MongoDocuments]:
    """Documents in a database without any."""
    name, prepared = emptied
    async with connect(mongo_url) as default:
        database = default.client[name]
        documents = MongoDocuments(database, clock)
        if prepared:
            for collection in COLLECTIONS:
                await database[collection.name].delete_many({})
        else:
            await documents.open(COLLECTIONS)
            prepared.append(True)
        yield documents
        await documents.close()
