"""Batches of records: where each ends is written down before it starts, so that whoever reads it again knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from alur_common.documents.port import Documents
from alur_scheduler.domain.collections import BATCHES
from alur_scheduler.domain.records import Gathered, Reading, Record, due, within
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError, UnavailableError

Hold = Callable[[int], Awaitable[None]]
"""Says that the records from this offset on are the next to be read; raises `UnavailableError` when that is not ours to say."""


class Batches:
    """One document for each partition: the range of its last batch. It is overwritten once that is committed."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def next(
        self, reading: Reading, gathered: Gathered, now: float, hold: Hold
    ) -> Sequence[Record]:
        """Return the records that make the next batch, or none yet.

        `hold` raises when the partition is another member's by now. It is asked between the look at the last range and
        the writing of the next: whoever has the partition since either is found by it, or has written meanwhile.
        Raises `UnavailableError` when another member decides about the same records: read them again.
        """
        if not gathered.records:
            return ()
        first = gathered.records[0]
        key = f"{reading.id}/{reading.topic}/{first.partition}"
        known = await self._documents.find_one(BATCHES, key)
        if known is not None and (known["first"], known["timestamp"]) == (
            first.offset,
            first.timestamp,
        ):
            return within(gathered, known["last"])
        batch = due(gathered, reading.size, reading.seconds, now)
        if not batch:
            return ()
        await hold(first.offset)
        document = {
            "id": key,
            "uid": reading.uid,
            "first": first.offset,
            "timestamp": first.timestamp,
            "last": batch[-1].offset,
        }
        try:
            if known is None:
                await self._documents.insert(BATCHES, document)
            else:
                await self._documents.replace(BATCHES, document, at_revision=known["revision"])
        except (ConflictError, ExistsError, NotFoundError) as error:
            raise UnavailableError("another member reads the same partition") from error
        return batch
