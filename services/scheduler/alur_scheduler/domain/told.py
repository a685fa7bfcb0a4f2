"""What others were told of, and when to tell them again."""

from __future__ import annotations

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


class Told:
    """Repeats itself at growing intervals: what was told may lie behind much other work, or may be lost."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[float, float]] = {}
        self._seen: set[str] = set()

    def is_due(self, thing: str, now: float) -> bool:
        """Return whether to tell of this now (monotonic seconds), and count it as told if so."""
        self._seen.add(thing)
        due, pause = self._due.get(thing, (now, FIRST_SECONDS))
        if now < due:
            return False
        self._due[thing] = (now + pause, min(pause * 2, LONGEST_SECONDS))
        return True

    def forget_unseen(self) -> None:
        """Forget what nobody has asked about since the last time: it went on by itself."""
        self._due = {thing: told for thing, told in self._due.items() if thing in self._seen}
        self._seen = set()

    def forget_all(self) -> None:
        """Tell of everything anew: whoever was told may have died."""
        self._due.clear()
