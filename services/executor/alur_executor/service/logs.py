"""What node runs say while they run: kept beside the session until the entry that says how each ended."""

from __future__ import annotations

from typing import Any, Final

from alur_common.clock import Clock
from alur_engine.journal import Logged
from alur_engine.state import State

Key = tuple[str, str]
MOST_LINES: Final = 200
"""Lines that one attempt may leave in the journal; what it says beyond goes to the executor's log alone."""
MOST_CHARACTERS: Final = 1_000_000
"""Characters that all node runs of one execution may leave there."""
LONGEST: Final = 2_000
CUT: Final = "… more lines are in the executor's log"


class RunLogs:
    """The lines of the node runs of one session."""

    __slots__ = ("_clock", "_lines", "_pending", "_state")

    def __init__(self, clock: Clock, state: State) -> None:
        self._clock = clock
        self._state = state
        self._pending = 0
        """Characters that are not in the journal yet."""
        self._lines: dict[Key, list[list[Any]]] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, key: Key, text: str) -> None:
        """Keep a line of this node run, as far as there is room."""
        lines = self._lines.setdefault(key, [])
        if len(lines) > MOST_LINES:
            return
        text = text[:LONGEST]
        left = MOST_CHARACTERS - self._state.said - self._pending
        has_room = len(lines) < MOST_LINES and len(text) <= left
        if not has_room:
            if lines and lines[-1][1] == CUT:
                return
            text = CUT
        self._pending += len(text)
        lines.append([self._clock.now(), text])

    def drop(self, key: Key) -> None:
        """Forget what an attempt said that is made anew."""
        if self._lines:
            self._pop(key)

    def take(self, key: Key, attempt: int) -> Logged | None:
        """Return the entry of what this attempt said, None when it said nothing."""
        lines = self._pop(key)
        return None if lines is None else Logged(*key, attempt, lines)

    def _pop(self, key: Key) -> list[list[Any]] | None:
        lines = self._lines.pop(key, None)
        self._pending -= sum(len(text) for _, text in lines or ())
        return lines
