"""Which part of the work is whose: keys fall into slots, slots into partitions, and schedulers hold partitions."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

SLOTS = 256
"""Of these the documents tell, so that another number of partitions changes no document."""


def slot_of(key: str) -> int:
    """Return the slot of a key: a workflow's uid, or another name of a piece of work."""
    return zlib.crc32(key.encode()) % SLOTS


@dataclass(frozen=True, slots=True)
class Partition:
    """Who holds a partition, and under which fence; revision 0: nobody ever has."""

    number: int
    holder: str = ""
    fence: int = 0
    revision: int = 0


def assigned(holders: Mapping[int, str], active: Collection[str]) -> dict[int, str]:
    """Return who is to hold each partition: everybody as many as the others, give or take one.

    It is the same for all who see the same, and nobody loses one that its share has room for. Those of holders who are
    not active go to those who are.
    """
    held = {name: sum(holder == name for holder in holders.values()) for name in active}
    order = sorted(active, key=lambda name: (-held[name], name))
    share, more = divmod(len(holders), len(order))
    room = {name: share + (rank < more) for rank, name in enumerate(order)}
    target: dict[int, str] = {}
    for number, holder in sorted(holders.items()):
        if room.get(holder, 0):
            target[number] = holder
            room[holder] -= 1
    loose = sorted(holders.keys() - target.keys())
    free = [name for name in order for _ in range(room[name])]
    return target | dict(zip(loose, free, strict=True))


@dataclass(frozen=True, slots=True)
class Moves:
    """What one scheduler does: partitions that it takes, and to whom it gives others."""

    take: Sequence[Partition]
    give: Sequence[tuple[Partition, str]]


def moves(
    partitions: Sequence[Partition], me: str, present: Collection[str], active: Collection[str]
) -> Moves:
    """Return the moves of `me` towards `assigned`.

    From those who are `present` nothing is taken: they give it up, or are found dead. Only those who are `active` are
    given anything.
    """
    target = assigned({one.number: one.holder for one in partitions}, active)
    mine = [one for one in partitions if target[one.number] == me]
    surplus = [one for one in partitions if one.holder == me and target[one.number] != me]
    return Moves(
        take=[one for one in mine if one.holder not in present],
        give=[(one, target[one.number]) for one in surplus],
    )


class Whole:
    """The share of a scheduler that is alone on its store: everything."""

    since = math.inf
    slots: Sequence[int] | None = None

    def fence_of(self, key: str) -> int | None:
        del key
        return 1

    def refused(self, what: str, key: str, fence: int) -> None:
        """Nobody else decides, so nothing is refused."""


WHOLE = Whole()
