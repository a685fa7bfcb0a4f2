"""`alur migrate` on a real MongoDB."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from alur.collections import COLLECTIONS
from tests.support.alur_dev import ALUR

NAMES = {collection.name for collection in COLLECTIONS}
Kept = Database[dict[str, object]]


@pytest.fixture
def database(mongo_url: str) -> Iterator[Kept]:
    with MongoClient[dict[str, object]](mongo_url) as client:
        made = client[f"alur-{uuid4().hex[:12]}"]
        yield made
        client.drop_database(made.name)


def start(url: str, database: Kept, *options: str) -> subprocess.Popen[str]:
    named = urlsplit(url)._replace(path=f"/{database.name}").geturl()
    return subprocess.Popen(  # noqa: S603  # our own command
        (str(ALUR), "migrate", *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "ALUR_MONGO": named},
    )  # fmt: skip


def migrated(url: str, database: Kept, *options: str) -> tuple[int, set[str], str]:
    """Return the exit code, the collections that it says it made, and what else it says."""
    process = start(url, database, *options)
    out, err = process.communicate(timeout=60)
    return process.returncode, {line.removesuffix(" made") for line in out.splitlines()}, err


def test_it_makes_all_collections_and_a_second_time_changes_nothing(
    mongo_url: str, database: Kept
) -> None:
    assert migrated(mongo_url, database)[:2] == (0, NAMES)
    assert set(database.list_collection_names()) >= NAMES
    indexes = {name: database[name].index_information() for name in NAMES}
    assert migrated(mongo_url, database)[:2] == (0, set())
    assert {name: database[name].index_information() for name in NAMES} == indexes


def test_indexes_of_before_go_when_it_is_told_so(mongo_url: str, database: Kept) -> None:
    database["executions"].create_index("colour", name="i_colour")
    migrated(mongo_url, database)
    assert "i_colour" in database["executions"].index_information()
    assert migrated(mongo_url, database, "--drop-indexes")[:2] == (0, set())
    assert "i_colour" not in database["executions"].index_information()


def test_many_at_once_all_succeed(mongo_url: str, database: Kept) -> None:
    processes = [start(mongo_url, database) for _ in range(3)]
    told = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert set(database.list_collection_names()) >= NAMES


def test_the_database_of_a_newer_alur_is_left_alone(mongo_url: str, database: Kept) -> None:
    database["schema"].insert_one({"_id": "version", "number": 99})
    code, made, said = migrated(mongo_url, database)
    assert (code, made) == (1, set())
    assert "written by a newer Alur (schema 99" in said
    assert set(database.list_collection_names()) & NAMES == set()
