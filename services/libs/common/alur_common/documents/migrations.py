"""Numbered steps that bring stored documents from one schema to the next, forward only, the same for every adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alur_common.documents.port import Document
from alur_sdk.errors import StateError


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Change every document of a collection; None as the new document deletes it.

    `change` is pure and may be called again for a document that it made: a migration that was cut off starts over.
    """

    collection: str
    change: Callable[[Document], Document | None]


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove a collection that is no longer declared, with its documents."""

    collection: str


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: its number (1, 2, 3 … without gaps), what it is for, and what it does."""

    number: int
    purpose: str
    steps: tuple[Rewrite | Drop, ...]


def newest(migrations: Sequence[Migration]) -> int:
    """Return the schema version that these migrations lead to; raises ValueError when they are not 1, 2, 3 …."""
    numbers = [migration.number for migration in migrations]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"migrations must be numbered 1, 2, 3 … in order, not {numbers}")
    return len(numbers)


def pending(migrations: Sequence[Migration], version: int) -> Sequence[Migration]:
    """Return what is to be done on a store at `version`, or raise `StateError` when the store is newer."""
    known = newest(migrations)
    if version > known:
        raise StateError(
            f"the data was written by a newer Alur (schema {version}, this one knows {known}): "
            "start that version, or restore a backup from before the upgrade",
            schema=version,
            known=known,
        )
    return migrations[version:]
