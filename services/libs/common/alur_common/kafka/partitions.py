"""Which offset of a partition may be committed: what lies before the first record that is not finished."""

from __future__ import annotations


class Progress:
    """Records of one partition on their way. Offsets begin in rising order and finish in any."""

    def __init__(self) -> None:
        self._open: dict[int, None] = {}
        self._next = 0
        self._committed = 0

    def begin(self, offset: int) -> None:
        """A record was taken."""
        if not self._open and self._next == 0:
            self._committed = offset
        self._open[offset] = None
        self._next = max(self._next, offset + 1)

    def finish(self, offset: int) -> None:
        """A record has had its effect, or was buried."""
        self._open.pop(offset, None)

    @property
    def in_flight(self) -> int:
        """How many records were taken and have not finished."""
        return len(self._open)

    def committable(self) -> int | None:
        """Return the offset to commit (that of the next record to read after a crash), or None for nothing new."""
        first = next(iter(self._open), self._next)
        return first if first > self._committed else None

    def committed(self, offset: int) -> None:
        """The broker knows it now."""
        self._committed = max(self._committed, offset)
