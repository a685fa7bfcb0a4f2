"""How far triggers of topics have read: for whoever looks, and for a broker that has forgotten it."""

from __future__ import annotations

from collections.abc import Mapping

from alur_common.clock import Clock
from alur_common.documents.port import Document, Documents, Where
from alur_common.topics import MOST, POSITIONS
from alur_scheduler.domain.records import Left, Position, Reading
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError


class Positions:
    """One document for each partition that a trigger reads, and one for why it reads nothing."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def fails(self, reading: Reading, error: str) -> None:
        """Write down why nothing is read; nothing (an empty text): it is."""
        await self._write(reading, "error", {"lag": None, "error": error})

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

    async def _write(self, reading: Reading, part: str, told: Document) -> None:
        key = f"{reading.id}/{part}"
        document: Document = {
            "id": key,
            "uid": reading.uid,
            "trigger": reading.trigger,
            "topic": reading.topic,
            **told,
        }
        try:
            if await self._documents.find_one(POSITIONS, key) is None:
                await self._documents.insert(POSITIONS, document)
            else:
                await self._documents.replace(POSITIONS, document)
        except (ConflictError, ExistsError, NotFoundError):
            return  # another member tells of it, or the workflow was deleted
