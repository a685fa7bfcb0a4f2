"""A collection as a table: its name, its columns and the SQL of its writes."""

from __future__ import annotations

import re
from typing import Any

from alur_common.documents.port import Collection, Index

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


class Table:
    """The table of one collection: `id`, `revision`, `updatedAt`, a column a declared field, and the document."""

    def __init__(self, collection: Collection) -> None:
        for name in (collection.name, *collection.fields):
            if _NAME.fullmatch(name) is None:
                raise ValueError(f"{name!r} cannot name a collection or field")
        self.collection = collection
        self.name = collection.name
        self.quoted = f'"c_{collection.name}"'
        kept = ("id", "revision", "updatedAt")
        self.fields = tuple(field for field in collection.fields if field not in kept)
        declared = "".join(f', "{field}"' for field in self.fields)
        marks = ", ?" * len(self.fields)
        self.insert = (
            f'INSERT INTO {self.quoted} (id, revision, "updatedAt"{declared}, _json)'  # noqa: S608 - names are checked above
            f" VALUES (?, 1, ?{marks}, ?) ON CONFLICT DO NOTHING"
        )
        self._updates: dict[tuple[int, str], str] = {}

    @property
    def create(self) -> str:
        """The statement that creates the table."""
        declared = "".join(f'"{field}", ' for field in self.fields)
        return (
            f"CREATE TABLE IF NOT EXISTS {self.quoted} (id TEXT PRIMARY KEY NOT NULL, "
            f'revision INTEGER NOT NULL, "updatedAt" TEXT NOT NULL, {declared}_json BLOB NOT NULL)'
        )

    def changed(self, old: tuple[Any, ...] | None, new: tuple[Any, ...]) -> int:
        """Return which fields differ, a bit each; all of them when the old values are unknown."""
        if old is None:
            return (1 << len(self.fields)) - 1
        if old == new:
            return 0
        pairs = enumerate(zip(old, new, strict=True))
        return sum(1 << bit for bit, (before, after) in pairs if before != after)

    def update(self, changed: int, conditions: str) -> str:
        """Return the compare-and-set of these fields; parameters: stamp, the fields, document, id, conditions.

        A column that is set makes SQLite write its indexes again even when the value stays the same, which
        costs more than all the rest: so only what changed is set.
        """
        sql = self._updates.get((changed, conditions))
        if sql is None:
            names = (field for bit, field in enumerate(self.fields) if changed >> bit & 1)
            changes = "".join(f', "{field}" = ?' for field in names)
            sql = (
                f"UPDATE {self.quoted} SET revision = revision + 1, "  # noqa: S608 - names are checked above
                f'"updatedAt" = ?{changes}, _json = ? WHERE id = ?{conditions}'
            )
            self._updates[changed, conditions] = sql
        return sql

    def index_name(self, index: Index) -> str:
        """Return the name of an index; it tells everything about it, so a changed index has another name."""
        kind = ("u" if index.unique else "i") + ("s" if index.sparse else "")
        return f"{kind}_{self.name}__{'__'.join(index.fields)}"

    def create_index(self, index: Index) -> str:
        """Return the statement that creates the index."""
        unique = "UNIQUE " if index.unique else ""
        columns = ", ".join(f'"{field}"' for field in index.fields)
        held = f' WHERE "{index.fields[0]}" IS NOT NULL' if index.sparse else ""
        return (
            f'CREATE {unique}INDEX IF NOT EXISTS "{self.index_name(index)}" '
            f"ON {self.quoted} ({columns}){held}"
        )
