"""What every adapter of `Documents` promises about finding. A subclass gives the fixture `documents`."""

from __future__ import annotations

from typing import Any

import pytest

from alur_common.documents.port import Documents, Where
from alur_sdk.errors import InvalidError
from tests.contract.documents_contract import JOBS, fill, ids

ROWS: dict[str, dict[str, Any]] = {
    "a": {"status": "new", "rank": 1, "due": None},
    "b": {"status": "new", "rank": 2, "due": 2.5},
    "c": {"status": "old", "rank": 2, "due": 1},
    "d": {"status": "old", "rank": None},
    "e": {"status": None, "rank": 10, "due": "text"},
}


class QueriesContract:
    """Find and count."""

    @pytest.mark.parametrize(
        ("where", "found"),
        [
            ([], "abcde"),
            ([Where("status", "eq", "new")], "ab"),
            ([Where("status", "eq", None)], "e"),
            ([Where("status", "ne", "new")], "cde"),
            ([Where("status", "ne", None)], "abcd"),
            ([Where("rank", "lt", 2)], "a"),
            ([Where("rank", "lte", 2)], "abc"),
            ([Where("rank", "gt", 1.5)], "bce"),
            ([Where("rank", "gte", 10)], "e"),
            ([Where("due", "gt", 0)], "bc"),
            ([Where("due", "lt", "zzz")], "e"),
            ([Where("due", "gte", "a")], "e"),
            ([Where("rank", "in", [1, 10, 99])], "ae"),
            ([Where("rank", "in", [None, 1])], "ad"),
            ([Where("status", "in", [])], ""),
            ([Where("id", "in", ["a", "e"])], "ae"),
            ([Where("id", "gt", "c")], "de"),
            ([Where("revision", "eq", 1), Where("status", "eq", "old")], "cd"),
            ([Where("updatedAt", "lt", "2026-01-31T12:00:00.001Z")], "abcde"),
        ],
    )
    async def test_a_filter_finds_what_it_says(
        self, documents: Documents, where: list[Where], found: str
    ) -> None:
        await fill(documents, **ROWS)
        assert ids(await documents.find(JOBS, where)) == list(found)
        assert await documents.count(JOBS, where) == len(found)

    @pytest.mark.parametrize(
        ("sort", "found"),
        [
            (("id",), "abcde"),
            (("-id",), "edcba"),
            (("rank",), "dabce"),
            (("-rank",), "ebcad"),
            (("status", "-rank"), "ebacd"),
            (("-status", "rank"), "dcabe"),
            (("due", "-id"), "dacbe"),
        ],
    )
    async def test_a_sort_orders_and_its_pages_leave_nothing_out(
        self, documents: Documents, sort: tuple[str, ...], found: str
    ) -> None:
        await fill(documents, **ROWS)
        assert ids(await documents.find(JOBS, sort=sort)) == list(found)
        assert await pages(documents, sort) == list(found)

    async def test_a_page_starts_after_its_cursor_though_that_is_gone(
        self, documents: Documents
    ) -> None:
        await fill(documents, **ROWS)
        await documents.delete(JOBS, "b")
        found = await documents.find(JOBS, sort=("rank",), after=[2, "b"])
        assert ids(found) == ["c", "e"]

    async def test_filters_and_pages_go_together(self, documents: Documents) -> None:
        await fill(documents, **{f"k{n}": {"status": "s" + str(n % 2)} for n in range(10)})
        where = [Where("status", "eq", "s1")]
        found = await documents.find(JOBS, where, limit=2, after=["k3"])
        assert ids(found) == ["k5", "k7"]

    async def test_a_count_goes_no_further_than_its_limit(self, documents: Documents) -> None:
        await fill(documents, **ROWS)
        assert await documents.count(JOBS, limit=3) == 3

    async def test_what_is_found_is_the_whole_document(self, documents: Documents) -> None:
        stored = await documents.insert(JOBS, {"id": "a", "extra": {"deep": [1]}})
        stored = await documents.replace(JOBS, stored)
        assert await documents.find(JOBS) == [stored]

    @pytest.mark.parametrize(
        "where",
        [Where("unknown", "eq", 1), Where("rank", "lt", None), Where("rank", "in", 3)],
    )
    async def test_a_filter_that_means_nothing_is_refused(
        self, documents: Documents, where: Where
    ) -> None:
        with pytest.raises(InvalidError, match=where.field):
            await documents.find(JOBS, [where])

    async def test_a_sort_by_what_is_not_declared_is_refused(self, documents: Documents) -> None:
        with pytest.raises(InvalidError, match="extra"):
            await documents.find(JOBS, sort=("-extra",))

    async def test_a_cursor_that_does_not_fit_its_sort_is_refused(
        self, documents: Documents
    ) -> None:
        with pytest.raises(InvalidError, match="after"):
            await documents.find(JOBS, sort=("rank",), after=[1])

    @pytest.mark.parametrize("limit", [0, -1, 10_001])
    async def test_a_limit_is_within_bounds(self, documents: Documents, limit: int) -> None:
        with pytest.raises(InvalidError, match="limit"):
            await documents.find(JOBS, limit=limit)


async def pages(documents: Documents, sort: tuple[str, ...]) -> list[str]:
    """Return the ids of all documents, read one a page."""
    found: list[str] = []
    after: list[Any] | None = None
    while page := await documents.find(JOBS, sort=sort, limit=1, after=after):
        found.append(page[0]["id"])
        after = [page[0].get(term.removeprefix("-")) for term in sort]
        after += [] if any(term.endswith("id") for term in sort) else [page[0]["id"]]
    return found
