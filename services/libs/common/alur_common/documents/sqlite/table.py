"""A collection as a table: its name, its columns and the SQL of its writes."""

from __future__ import annotations

import re

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
        changes = "".join(f', "{field}" = ?' for field in self.fields)
        self.insert = (
            f'INSERT INTO {self.quoted} (id, revision, "updatedAt"{declared}, _json)'  # noqa: S608 - names are checked above
            f" VALUES (?, 1, ?{marks}, ?) ON CONFLICT DO NOTHING"
        )
        self._changes = f'"updatedAt" = ?{changes}, _json = ?'

    @property
    def create(self) -> str:
        """The statement that creates the table."""
        declared = "".join(f'"{field}", ' for field in self.fields)
        return (
            f"CREATE TABLE IF NOT EXISTS {self.quoted} (id TEXT PRIMARY KEY NOT NULL, "
            f'revision INTEGER NOT NULL, "updatedAt" TEXT NOT NULL, {declared}_json BLOB NOT NULL)'
        )

    def update(self, conditions: str) -> str:
        """Return the compare-and-set that gives the new revision back; parameters: changes, id, conditions."""
        return (
            f"UPDATE {self.quoted} SET revision = revision + 1, {self._changes} "  # noqa: S608 - names are checked above
            f"WHERE id = ?{conditions} RETURNING revision"
        )

    def index_name(self, index: Index) -> str:
        """Return the name of an index; it tells everything about it, so a changed index has another name."""
        kind = "u" if index.unique else "i"
        return f"{kind}_{self.name}__{'__'.join(index.fields)}"

    def create_index(self, index: Index) -> str:
        """Return the statement that creates the index."""
        unique = "UNIQUE " if index.unique else ""
        columns = ", ".join(f'"{field}"' for field in index.fields)
        return f'CREATE {unique}INDEX IF NOT EXISTS "{self.index_name(index)}" ON {self.quoted} ({columns})'
