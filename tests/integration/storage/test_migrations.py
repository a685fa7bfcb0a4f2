"""A store of an older schema becomes one of this schema; one of a newer schema is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from alur_common.documents.migrations import Drop, Migration, Rewrite
from alur_common.documents.port import Collection, Document, Index, Where
from alur_common.documents.sqlite import SqliteDocuments
from alur_sdk.errors import StateError
from tests.support.clock import FakeClock

OLD = Collection("people", fields=("name",), indexes=(Index(("name",)),))
NEW = Collection(
    "people",
    fields=("name", "age", "is_new", "score"),
    indexes=(Index(("age", "name")), Index(("score",), unique=True)),
)
PEOPLE: list[dict[str, Any]] = [
    {"id": "a", "name": "Ada", "age": 36, "is_new": True, "score": 1.5},
    {"id": "b", "name": "Bob", "age": "old", "is_new": False},
    {"id": "c", "name": "Cy", "age": [1], "score": None},
]


def shout(document: Document) -> Document | None:
    """Drop Bob, write the others in capitals, and forget their age."""
    name = document["name"]
    return None if name == "Bob" else {**document, "name": name.upper(), "age": None}


SHOUT = Migration(1, "names are in capitals", (Rewrite("people", shout),))


async def opened(folder: Path, collection: Collection, *migrations: Migration) -> SqliteDocuments:
    store = SqliteDocuments(folder / "alur.db", FakeClock())
    await store.open([collection], migrations)
    return store


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    store = await opened(tmp_path, OLD)
    for person in PEOPLE:
        await store.insert(OLD, person)
    await store.close()
    return tmp_path


async def found(store: SqliteDocuments, where: Where) -> str:
    return "".join(document["id"] for document in await store.find(NEW, [where]))


async def test_a_new_field_finds_old_documents(folder: Path) -> None:
    store = await opened(folder, NEW)
    assert await found(store, Where("age", "eq", 36)) == "a"
    assert await found(store, Where("age", "eq", "old")) == "b"
    assert await found(store, Where("age", "eq", None)) == "c"
    assert await found(store, Where("is_new", "eq", True)) == "a"
    assert await found(store, Where("score", "gt", 1)) == "a"
    await store.close()


async def test_indexes_are_those_that_are_declared(folder: Path) -> None:
    await (await opened(folder, NEW)).close()
    with sqlite3.connect(folder / "alur.db") as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE%INDEX%'")
        assert sorted(name for (name,) in names) == ["i_people__age__name", "u_people__score"]
    file.close()


async def test_an_older_program_reads_a_store_with_more_fields(folder: Path) -> None:
    await (await opened(folder, NEW)).close()
    store = await opened(folder, OLD)
    await store.insert(OLD, {"id": "d", "name": "Di"})
    assert await store.count(OLD) == 4
    await store.close()


async def test_a_migration_rewrites_every_document_once(folder: Path) -> None:
    for _ in range(2):
        store = await opened(folder, NEW, SHOUT)
        assert await store.find_one(NEW, "b") is None
        ada = await store.get(NEW, "a")
        assert (ada["name"], ada["revision"]) == ("ADA", 2)
        assert await found(store, Where("name", "eq", "CY")) == "c"
        await store.close()


async def test_a_new_store_needs_no_migration(tmp_path: Path) -> None:
    store = await opened(tmp_path, NEW, SHOUT)
    await store.insert(NEW, {"id": "x", "name": "Xi"})
    await store.close()
    store = await opened(tmp_path, NEW, SHOUT)
    assert (await store.get(NEW, "x"))["name"] == "Xi"
    await store.close()


async def test_a_dropped_collection_is_gone(folder: Path) -> None:
    drop = Migration(1, "people left", (Drop("people"),))
    store = await opened(folder, Collection("places"), drop)
    await store.close()
    store = await opened(folder, OLD, drop)
    assert await store.count(OLD) == 0
    await store.close()


async def test_a_migration_that_fails_changes_nothing(folder: Path) -> None:
    def fail_at_c(document: Document) -> Document | None:
        if document["id"] == "c":
            raise ValueError("no")
        return {**document, "name": "changed"}

    broken = Migration(1, "breaks", (Rewrite("people", fail_at_c),))
    with pytest.raises(ValueError, match="no"):
        await opened(folder, OLD, broken)
    store = await opened(folder, OLD, SHOUT)
    assert (await store.get(OLD, "a"))["name"] == "ADA"
    await store.close()


async def test_a_store_of_a_newer_alur_is_refused(folder: Path) -> None:
    await (await opened(folder, OLD, SHOUT)).close()
    with pytest.raises(StateError, match=r"newer Alur \(schema 1, this one knows 0\)"):
        await opened(folder, OLD)


async def test_migrations_have_no_gaps(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1, 2, 3"):
        await opened(tmp_path, OLD, Migration(2, "second", ()))
