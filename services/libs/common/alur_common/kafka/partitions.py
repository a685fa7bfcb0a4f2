"""Which offset of a partition may be committed: what lies before the first record that is not finished."""

from __future__ import annotations


class Progress:
    """Records of one partition on their way. Offsets begin in rising order and finish in any."""

    __slots__ = ("_committed", "_next", "_open")

    def __init__(self) -> None:
        self._open: dict[int, int] = {}
        self._next: int | None = None
        self._committed = 0

    def begin(self, offset: int, timestamp: int = 0) -> None:
        """A record was taken, written at `timestamp` (ms since 1970)."""
        if self._next is None:
            self._committed = offset
        self._open[offset] = timestamp
        self._next = offset + 1

    def finish(self, offset: int) -> bool:
        """A record has had its effect, or was buried; return whether it was open until now."""
        return self._open.pop(offset, None) is not None

    @property
    def in_flight(self) -> int:
        """How many records were taken and have not finished."""
        return len(self._open)

    @property
    def oldest(self) -> int | None:
        """When the first record that has not finished was written, ms since 1970."""
        return next(iter(self._open.values()), None)

    @property
    def position(self) -> int | None:
        """The offset of the next record to read after a crash, committed or not; None before the first record."""
        return next(iter(self._open), self._next)

    def committable(self) -> int | None:
        """Return the offset to commit (that of the next record to read after a crash), or None for nothing new."""
        first = self.position
        return first if first is not None and first > self._committed else None

    def committed(self, offset: int) -> None:
        """The broker knows it now."""
        self._committed = max(self._committed, offset)

    def forget(self) -> None:
        """The partition went to another member: what is open is no longer waited for."""
        self._open.clear()
