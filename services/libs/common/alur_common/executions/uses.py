"""Which executions use which blobs, so that a blob goes with the last of them.

A use is a small document that is durable before the content is. It costs one write for each large content, and
none for all others.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from alur_common.blobs import Blobs, hash_of
from alur_common.clock import Clock
from alur_common.documents.port import Collection, Document, Documents, Index, Where
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

USES = Collection(
    "blob_uses",
    fields=("blob",),
    indexes=(Index(("blob",)),),
    holds="which execution keeps which large content",
    owner="gateway, scheduler, executor",
)
EVENTS = "events"
"""Stands for an execution where an event's content is kept."""
ASIDE = "aside"
"""Stands for an execution where a content that nobody used was set aside: since when, and that it is to be looked at."""


@dataclass(frozen=True, slots=True)
class Use:
    """An execution keeps a content, since `at` (seconds since 1970)."""

    execution: str
    sha256: str
    at: float
    revision: int = 0


class BlobUses:
    """The repository of uses, written once on `Documents`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def record(self, use: Use) -> None:
        """Keep it, durable once this returns; a repeat makes it young again."""
        document = {"id": f"{use.execution}/{use.sha256}", "blob": use.sha256, "at": use.at}
        while True:
            try:
                await self._documents.insert(USES, document)
            except ExistsError:
                try:
                    await self._documents.replace(USES, document)
                except NotFoundError:
                    continue  # it was removed in between
            return

    async def page(self, after: Use | None, limit: int) -> Sequence[Use]:
        """Return uses in the order of executions and contents, past `after`."""
        cursor = None if after is None else [f"{after.execution}/{after.sha256}"]
        return [
            _use(found) for found in await self._documents.find(USES, limit=limit, after=cursor)
        ]

    async def of_blob(self, sha256: str, after: Use | None, limit: int) -> Sequence[Use]:
        """Return the uses of one content, past `after`."""
        cursor = None if after is None else [f"{after.execution}/{after.sha256}"]
        where = [Where("blob", "eq", sha256)]
        found = await self._documents.find(USES, where, limit=limit, after=cursor)
        return [_use(document) for document in found]

    async def remove(self, use: Use) -> None:
        """Remove it as it was read; one that became young again stays."""
        try:
            await self._documents.delete(
                USES, f"{use.execution}/{use.sha256}", at_revision=use.revision
            )
        except ConflictError:
            return


def _use(document: Document) -> Use:
    execution, _, sha256 = document["id"].partition("/")
    return Use(execution, sha256, document["at"], document["revision"])


class CountedBlobs:
    """`Blobs` of which each execution has a view of its own (`of`); what is put by it is recorded as its use.

    What is put past a view has no use and is never removed.
    """

    def __init__(self, blobs: Blobs, documents: Documents, clock: Clock) -> None:
        self._blobs = blobs
        self._uses = BlobUses(documents)
        self._clock = clock

    def of(self, execution: str) -> Blobs:
        """Return the view of one execution."""
        return _View(self._blobs, self._uses, self._clock, execution)

    async def put(self, content: bytes) -> str:
        return await self._blobs.put(content)

    async def put_file(self, file: BinaryIO) -> str:
        return await self._blobs.put_file(file)

    async def get(self, sha256: str) -> bytes:
        return await self._blobs.get(sha256)

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        return self._blobs.stream(sha256)

    async def set_aside(self, sha256: str) -> None:
        await self._blobs.set_aside(sha256)

    async def discard(self, sha256: str) -> None:
        await self._blobs.discard(sha256)


class _View:
    def __init__(self, blobs: Blobs, uses: BlobUses, clock: Clock, execution: str) -> None:
        self._blobs = blobs
        self._uses = uses
        self._clock = clock
        self._execution = execution

    async def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        await self._uses.record(Use(self._execution, sha256, self._clock.now()))
        return await self._blobs.put(content)

    async def put_file(self, file: BinaryIO) -> str:
        sha256 = await hash_of(file)
        await self._uses.record(Use(self._execution, sha256, self._clock.now()))
        return await self._blobs.put_file(file)

    async def get(self, sha256: str) -> bytes:
        return await self._blobs.get(sha256)

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        return self._blobs.stream(sha256)

    async def set_aside(self, sha256: str) -> None:
        await self._blobs.set_aside(sha256)

    async def discard(self, sha256: str) -> None:
        await self._blobs.discard(sha256)


def blobs_of(blobs: Blobs, execution: str) -> Blobs:
    """Return where this execution keeps its content: its own view, where uses are counted."""
    return blobs.of(execution) if isinstance(blobs, CountedBlobs) else blobs
