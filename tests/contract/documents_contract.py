"""What every adapter of `Documents` promises. A subclass gives the fixture `documents`."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from alur_common.documents.port import Collection, Document, Documents, Index, Where
from alur_sdk.errors import (
    ConflictError,
    ExistsError,
    InvalidError,
    NotFoundError,
    TooLargeError,
)
from tests.support.clock import FakeClock

JOBS = Collection(
    "jobs",
    fields=("status", "rank", "owner", "slot", "due"),
    indexes=(Index(("status", "rank")), Index(("owner", "slot"), unique=True)),
)
NOTES = Collection("notes", fields=("text",))
COLLECTIONS = (JOBS, NOTES)


def ids(documents: list[Document]) -> list[str]:
    return [document["id"] for document in documents]


async def fill(documents: Documents, **rows: dict[str, Any]) -> None:
    await asyncio.gather(*(documents.insert(JOBS, {"id": key, **row}) for key, row in rows.items()))


class WritesContract:
    """Insert, replace, delete."""

    async def test_a_new_document_is_at_revision_one(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "new", "deep": {"list": [1, None, "x"]}})
        assert await documents.get(JOBS, "a") == {
            "id": "a",
            "status": "new",
            "deep": {"list": [1, None, "x"]},
            "revision": 1,
            "updatedAt": "2026-01-31T12:00:00.000Z",
        }

    async def test_an_insert_returns_what_is_stored(self, documents: Documents) -> None:
        inserted = await documents.insert(JOBS, {"id": "a", "status": "new"})
        assert inserted == await documents.get(JOBS, "a")

    async def test_a_second_document_of_an_id_is_refused(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "rank": 1})
        with pytest.raises(ExistsError, match="a"):
            await documents.insert(JOBS, {"id": "a", "rank": 2})
        assert (await documents.get(JOBS, "a"))["rank"] == 1

    async def test_the_same_id_lives_in_two_collections(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a"})
        await documents.insert(NOTES, {"id": "a", "text": "x"})
        assert (await documents.get(NOTES, "a"))["text"] == "x"

    async def test_a_unique_index_refuses_a_second_holder(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "owner": "o", "slot": "t"})
        with pytest.raises(ExistsError):
            await documents.insert(JOBS, {"id": "b", "owner": "o", "slot": "t"})
        assert await documents.find_one(JOBS, "b") is None

    async def test_a_unique_index_ignores_null(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "owner": "o", "slot": None})
        await documents.insert(JOBS, {"id": "b", "owner": "o"})
        assert await documents.count(JOBS) == 2

    async def test_a_replace_into_a_held_unique_value_is_refused(
        self, documents: Documents
    ) -> None:
        await fill(documents, a={"owner": "o", "slot": "t"}, b={"owner": "o", "slot": "u"})
        with pytest.raises(ExistsError):
            await documents.replace(JOBS, {"id": "b", "owner": "o", "slot": "t"}, at_revision=1)
        assert (await documents.get(JOBS, "b"))["slot"] == "u"

    async def test_a_unique_value_is_free_once_its_holder_is_gone(
        self, documents: Documents
    ) -> None:
        await documents.insert(JOBS, {"id": "a", "owner": "o", "slot": "t"})
        await documents.delete(JOBS, "a")
        await documents.insert(JOBS, {"id": "b", "owner": "o", "slot": "t"})
        await documents.replace(JOBS, {"id": "b", "owner": "o", "slot": "u"}, at_revision=1)
        await documents.insert(JOBS, {"id": "c", "owner": "o", "slot": "t"})

    async def test_a_replace_raises_the_revision_and_the_time(
        self, documents: Documents, clock: FakeClock
    ) -> None:
        first = await documents.insert(JOBS, {"id": "a", "status": "new"})
        clock.advance(61.5)
        second = await documents.replace(JOBS, {**first, "status": "old"}, at_revision=1)
        assert second == {
            "id": "a",
            "status": "old",
            "revision": 2,
            "updatedAt": "2026-01-31T12:01:01.500Z",
        }
        assert await documents.get(JOBS, "a") == second

    async def test_the_second_of_two_writers_is_refused(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "new"})
        await documents.replace(JOBS, {"id": "a", "status": "first"}, at_revision=1)
        with pytest.raises(ConflictError, match="a"):
            await documents.replace(JOBS, {"id": "a", "status": "second"}, at_revision=1)
        assert (await documents.get(JOBS, "a"))["status"] == "first"

    async def test_one_of_many_writers_at_once_wins(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a"})
        tries = [documents.replace(JOBS, {"id": "a", "rank": n}, at_revision=1) for n in range(20)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(result, dict) for result in results) == 1
        assert sum(isinstance(result, ConflictError) for result in results) == 19

    async def test_a_refused_write_leaves_its_neighbours_alone(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "b"})
        tries = [documents.insert(JOBS, {"id": key}) for key in "abc"]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert isinstance(results[1], ExistsError)
        assert ids(await documents.find(JOBS)) == ["a", "b", "c"]

    async def test_a_replace_of_nothing_finds_nothing(self, documents: Documents) -> None:
        with pytest.raises(NotFoundError):
            await documents.replace(JOBS, {"id": "a"}, at_revision=1)
        with pytest.raises(NotFoundError):
            await documents.replace(JOBS, {"id": "a"})

    async def test_a_replace_without_revision_wins_over_any(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a"})
        await documents.replace(JOBS, {"id": "a", "rank": 1}, at_revision=1)
        third = await documents.replace(JOBS, {"id": "a", "rank": 2})
        assert third["revision"] == 3
        assert await documents.get(JOBS, "a") == third

    async def test_a_replace_may_depend_on_fields(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "new", "rank": 4})
        where = [Where("status", "eq", "new"), Where("rank", "lte", 4)]
        await documents.replace(JOBS, {"id": "a", "status": "taken"}, where=where)
        with pytest.raises(ConflictError):
            await documents.replace(JOBS, {"id": "a", "status": "taken"}, where=where)

    async def test_a_replace_may_depend_on_revision_and_fields(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "new"})
        where = [Where("status", "eq", "old")]
        with pytest.raises(ConflictError):
            await documents.replace(JOBS, {"id": "a"}, at_revision=1, where=where)

    async def test_filters_see_what_a_replace_changed(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "new", "rank": 1})
        await documents.replace(JOBS, {"id": "a", "status": "new", "rank": 2}, at_revision=1)
        await documents.replace(JOBS, {"id": "a", "rank": 2}, at_revision=2)
        assert await documents.find(JOBS, [Where("status", "eq", "new")]) == []
        assert ids(await documents.find(JOBS, [Where("rank", "eq", 2)])) == ["a"]

    async def test_a_deleted_document_is_gone(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a"})
        assert await documents.delete(JOBS, "a") is True
        assert await documents.delete(JOBS, "a") is False
        assert await documents.find_one(JOBS, "a") is None

    async def test_a_delete_may_depend_on_the_revision(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a"})
        for revision in (0, 2):
            with pytest.raises(ConflictError):
                await documents.delete(JOBS, "a", at_revision=revision)
        assert await documents.delete(JOBS, "a", at_revision=1) is True
        assert await documents.delete(JOBS, "a", at_revision=1) is False

    async def test_deleting_many_goes_no_further_than_its_limit(self, documents: Documents) -> None:
        await fill(documents, **{f"k{n}": {"status": "old"} for n in range(5)}, z={"status": "new"})
        where = [Where("status", "eq", "old")]
        assert await documents.delete_many(JOBS, where, limit=3) == 3
        assert await documents.delete_many(JOBS, where, limit=3) == 2
        assert ids(await documents.find(JOBS)) == ["z"]

    async def test_what_many_deleted_cannot_be_got(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "old"})
        await documents.delete_many(JOBS, [Where("status", "eq", "old")], limit=10)
        with pytest.raises(NotFoundError, match="a"):
            await documents.get(JOBS, "a")


class InOrderContract:
    """Of a store that one process has for itself: writes take effect in the order in which they were asked for."""

    async def test_an_id_can_be_used_again(self, documents: Documents) -> None:
        await documents.insert(JOBS, {"id": "a", "status": "new", "rank": 1})
        await asyncio.gather(
            documents.delete(JOBS, "a"),
            documents.insert(JOBS, {"id": "a", "status": "other", "rank": 1}),
            documents.replace(JOBS, {"id": "a", "status": "new", "rank": 1}, at_revision=1),
        )
        assert ids(await documents.find(JOBS, [Where("status", "eq", "new")])) == ["a"]
        assert (await documents.get(JOBS, "a"))["revision"] == 2


class RefusalsContract:
    """What no adapter keeps."""

    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ({"deep": [0, {"x": math.nan}]}, r"value\.deep\[1\]\.x"),
            ([math.inf], r"value\[0\]"),
            ("\ud800", "value"),
            ({"\udfff": 1}, "value"),
            ([2**64], r"value\[0\]"),
            ({1: "x"}, "value"),
            (object(), "value"),
            (b"bytes", "value"),
        ],
    )
    async def test_what_json_cannot_hold_is_refused_with_its_path(
        self, documents: Documents, value: object, path: str
    ) -> None:
        with pytest.raises(InvalidError, match=path) as refused:
            await documents.insert(JOBS, {"id": "a", "value": value})
        assert refused.value.problems[0].path.startswith("value")
        assert await documents.find_one(JOBS, "a") is None

    async def test_a_document_nested_too_deep_is_refused(self, documents: Documents) -> None:
        value: list[Any] = []
        for _ in range(10_000):
            value = [value]
        with pytest.raises(InvalidError, match="nested deeper"):
            await documents.insert(JOBS, {"id": "a", "value": value})

    async def test_a_document_that_is_too_large_is_refused(self, documents: Documents) -> None:
        with pytest.raises(TooLargeError):
            await documents.insert(JOBS, {"id": "a", "value": "x" * 16_000_000})

    @pytest.mark.parametrize("value", [[1], {"x": 1}, 2**63])
    async def test_a_declared_field_holds_a_scalar(
        self, documents: Documents, value: object
    ) -> None:
        with pytest.raises(InvalidError, match="rank"):
            await documents.insert(JOBS, {"id": "a", "rank": value})

    @pytest.mark.parametrize("key", [None, "", 7, "x" * 513])
    async def test_an_id_is_text_of_some_length(self, documents: Documents, key: object) -> None:
        with pytest.raises(InvalidError, match="id"):
            await documents.insert(JOBS, {"id": key})

    async def test_text_of_every_plane_is_kept(self, documents: Documents) -> None:
        text = "\x00 é \u2028 \uffff 𝄞 null"
        await documents.insert(NOTES, {"id": text, "text": text})
        assert ids(await documents.find(NOTES, [Where("text", "eq", text)])) == [text]

    async def test_numbers_come_back_as_they_went(self, documents: Documents) -> None:
        numbers = [0, -1, 2**53 + 1, -(2**63), 0.1, 1e300, 5e-324, -0.0, True, None]
        await documents.insert(JOBS, {"id": "a", "value": numbers})
        assert repr((await documents.get(JOBS, "a"))["value"]) == repr(numbers)
