"""Which declarations a collection has had, in the order in which they came to a database.

Each document holds the number of the declaration under which it was written last. So what was written without a field is
found, also what a process of an older version writes when all others were filled already; and an older version that starts
again knows that there is a newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import DuplicateKeyError

from alur_common.documents.mongo.layout import SCHEMA, Layout, Rows
from alur_common.documents.mongo.query import Filter


@dataclass(frozen=True, slots=True)
class Declared:
    """What one version declares of a collection: the fields that it fills, and the names of its indexes."""

    fields: frozenset[str]
    indexes: frozenset[str]


@dataclass(frozen=True, slots=True)
class History:
    """All declarations of one collection; number 1 came first, and `mine` is this version's."""

    seen: Sequence[Declared]
    mine: int
    unnumbered: frozenset[str]
    """The fields that were filled by versions that knew no numbers yet."""

    def behind(self) -> Filter:
        """Return the filter for documents that were written by a version without one of our fields."""
        fields = self.seen[self.mine - 1].fields
        known = [0] if fields <= self.unnumbered else []
        known += [number for number, one in enumerate(self.seen, 1) if fields <= one.fields]
        return {SCHEMA: {"$nin": known}}

    def needed_indexes(self) -> frozenset[str]:
        """Return the names of our indexes, and of those that newer versions have."""
        return frozenset().union(*(one.indexes for one in self.seen[self.mine - 1 :]))


def names_of(layout: Layout) -> Declared:
    """Return what this version declares."""
    return Declared(frozenset(layout.filled), frozenset(layout.indexes()))


async def declare(schema: Rows, layout: Layout) -> History:
    """Put our declaration behind those that came before, unless it is among them; what is written from now on has its number."""
    place, mine = {"_id": f"declared/{layout.name}"}, names_of(layout)
    while True:
        known = await schema.find_one(place) or {"seen": []}
        seen = [Declared(frozenset(f["fields"]), frozenset(f["indexes"])) for f in known["seen"]]
        if mine in seen:
            break
        ours = {"fields": sorted(mine.fields), "indexes": sorted(mine.indexes)}
        await _append(schema, place, known["seen"], ours)
    layout.schema = seen.index(mine) + 1
    former = await schema.find_one({"_id": f"fields/{layout.name}"}) or {"fields": []}
    return History(seen, layout.schema, frozenset(former["fields"]))


async def _append(schema: Rows, place: Filter, seen: list[Any], ours: dict[str, Any]) -> None:
    """Append it unless somebody else appended something meanwhile."""
    made = {"seen": [*seen, ours], "count": len(seen) + 1}
    try:
        await schema.replace_one({**place, "count": len(seen)}, made, upsert=True)
    except DuplicateKeyError:
        return


async def forget(schema: Rows, collection: str) -> None:
    """Forget the declarations of a collection that was dropped."""
    names = [f"declared/{collection}", f"fields/{collection}"]
    await schema.delete_many({"_id": {"$in": names}})
