"""Which of the things that should move stand still, by this process's own clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

LOOKS = 3
"""So often a thing is seen standing still before that counts: between two looks it may be we who were stopped."""


@dataclass(slots=True)
class _Seen:
    revision: int
    since: float
    looks: int = 0


class Stillness:
    """Remembers since when each thing is at its revision."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def look(self, thing: str, revision: int, seconds: float, now: float) -> bool:
        """Note what it is at now (monotonic seconds); return whether it has stood still for so long."""
        seen = self._seen.get(thing)
        if seen is None or seen.revision != revision:
            self._seen[thing] = _Seen(revision, now)
            return False
        seen.looks += 1
        return seen.looks >= LOOKS and now - seen.since >= seconds

    def keep(self, things: Collection[str]) -> None:
        """Forget all but these."""
        self._seen = {thing: seen for thing, seen in self._seen.items() if thing in things}
