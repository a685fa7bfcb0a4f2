"""How far triggers of topics have read: for whoever looks, and for a broker that has forgotten it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from alur_common.clock import Clock
from alur_common.documents.port import Document, Documents, Where
from alur_common.topics import MOST, POSITIONS
from alur_scheduler.domain.records import Left, Position, Reading
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

_UNREAD: Document = {"lag": None, "error": ""}


class Positions:
    """One document for each partition that a trigger reads, one for why it reads nothing, and one for how it began."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def fails(self, reading: Reading, error: str) -> None:
        """Write down why nothing is read; nothing (an empty text): it is."""
        await self._write(reading, "error", {**_UNREAD, "error": error})

    async def tell(self, reading: Reading, number: int, position: Position) -> None:
        """Write down how far a partition was read, and of what by whom: elsewhere the same offset is another record."""
        told: Document = {
            "lag": position.lag,
            "error": "",
            "group": reading.group,
            "credential": reading.credential,
            "offset": position.offset,
            "at": self._clock.now(),
        }
        await self._write(reading, str(number), told)

    async def left(self, reading: Reading) -> Mapping[int, Left]:
        """Return partition -> where this group left it, of what is known."""
        found: dict[int, Left] = {}
        where = [Where("uid", "eq", reading.uid)]
        for one in await self._documents.find(POSITIONS, where, limit=MOST):
            key, _, number = str(one["id"]).rpartition("/")
            # What an older version has written has no offset.
            place = (key, one["topic"], one.get("group"), one.get("credential"))
            if place == (reading.id, reading.topic, reading.group, reading.credential):
                found[int(number)] = Left(one["offset"], one["at"])
        return found

    async def begun(self, reading: Reading, count: int) -> int:
        """Return how many partitions the topic had when this group began: `count`, if nobody has said so yet.

        An older version did not say it, but told of each partition how far that was read.
        """
        began = {"group": reading.group, "credential": reading.credential}
        key = f"{reading.id}/begun"
        while True:
            known = await self._documents.find_one(POSITIONS, key)
            if known is not None and known["topic"] == reading.topic and known["began"] == began:
                partitions: int = known["partitions"]
                return partitions
            count = max(await self.left(reading), default=count - 1) + 1
            document = _document(reading, "begun", {**_UNREAD, "began": began, "partitions": count})
            with contextlib.suppress(ConflictError, ExistsError, NotFoundError):
                if known is None:
                    await self._documents.insert(POSITIONS, document)
                else:
                    await self._documents.replace(
                        POSITIONS, document, at_revision=known["revision"]
                    )

    async def _write(self, reading: Reading, part: str, told: Document) -> None:
        document = _document(reading, part, told)
        try:
            if await self._documents.find_one(POSITIONS, document["id"]) is None:
                await self._documents.insert(POSITIONS, document)
            else:
                await self._documents.replace(POSITIONS, document)
        except (ConflictError, ExistsError, NotFoundError):
            return  # another member tells of it, or the workflow was deleted


def _document(reading: Reading, part: str, told: Document) -> Document:
    return {
        "id": f"{reading.id}/{part}",
        "uid": reading.uid,
        "trigger": reading.trigger,
        "topic": reading.topic,
        **told,
    }
