"""A query that a declared index fits is answered from it, so its cost does not grow with the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from alur_common.documents.port import Collection, Index, Where
from alur_common.documents.sqlite import SqliteDocuments, query
from alur_common.executions import where_status
from tests.support.clock import FakeClock

RUNS = Collection(
    "runs",
    fields=("tenant", "active", "trouble", "wake_at", "accepted_at"),
    indexes=(
        Index(("tenant", "accepted_at")),
        Index(("active", "wake_at"), sparse=True),
        Index(("trouble", "tenant", "accepted_at"), sparse=True),
    ),
)
MINE = Where("tenant", "eq", "t")


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    store = SqliteDocuments(tmp_path / "alur.db", FakeClock())
    await store.open([RUNS])
    await store.insert(RUNS, {"id": "a", "tenant": "t", "active": None})
    await store.close()
    return tmp_path / "alur.db"


def plan(file: Path, where: Sequence[Where], sort: Sequence[str], tail: query.Clause) -> str:
    """Return SQLite's plan; the planner sees no values, as in the store."""
    conditions, values = query.conditions(where)
    sql = f'SELECT _json FROM "c_runs" WHERE 1{conditions}{tail[0]}{query.order(sort)} LIMIT 10'  # noqa: S608 - fixed names
    connection = sqlite3.connect(file)
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [*values, *tail[1]]).fetchall()
    connection.close()
    return "; ".join(row[3] for row in rows)


@pytest.mark.parametrize(
    ("where", "sort", "index"),
    [
        ([MINE], ("-accepted_at",), "i_runs__tenant__accepted_at"),
        ([MINE, Where("accepted_at", "gte", 5)], ("accepted_at",), "i_runs__tenant__accepted_at"),
        ([Where("active", "eq", "waiting")], ("id",), "is_runs__active__wake_at"),
        (
            [Where("active", "eq", "waiting"), Where("wake_at", "lte", 5)],
            ("wake_at",),
            "is_runs__active__wake_at",
        ),
        ([Where("active", "in", ["queued", "running"])], ("id",), "is_runs__active__wake_at"),
        (
            [where_status(["failed"]), MINE],
            ("-accepted_at",),
            "is_runs__trouble__tenant__accepted_at",
        ),
        ([Where("id", "gt", "a/"), Where("id", "lt", "a0")], ("id",), "sqlite_autoindex_c_runs_1"),
    ],
)
def test_a_filter_uses_its_index(
    file: Path, where: list[Where], sort: tuple[str, ...], index: str
) -> None:
    assert f"USING INDEX {index} (" in plan(file, where, sort, ("", []))


def test_the_pages_of_a_filter_use_its_index(file: Path) -> None:
    for tail in query.seeks(("-accepted_at",), [5, "a"]):
        found = plan(file, [MINE], ("-accepted_at",), tail)
        assert "USING INDEX i_runs__tenant__accepted_at (tenant=? AND accepted_at" in found


def test_the_first_page_is_not_sorted_by_hand(file: Path) -> None:
    found = plan(file, [MINE], ("accepted_at",), ("", []))
    assert "TEMP B-TREE FOR ORDER BY" not in found


async def test_a_sparse_index_costs_nothing_for_the_rest(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        sql = "SELECT sql FROM sqlite_master WHERE name = 'is_runs__active__wake_at'"
        (text,) = connection.execute(sql).fetchone()
    connection.close()
    assert text.endswith('WHERE "active" IS NOT NULL')
