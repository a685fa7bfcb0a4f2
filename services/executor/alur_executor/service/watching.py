"""What watchers see of a session; costs one look-up when nobody watches."""

from __future__ import annotations

from typing import Any

from alur_common.progress import Progress
from alur_engine.history import node_change
from alur_engine.journal import JournalEntry
from alur_engine.state import Run, State


class Watching:
    """Tells watchers what happens to the node runs of one execution."""

    __slots__ = ("_execution", "_progress")

    def __init__(self, progress: Progress, execution: str) -> None:
        self._progress = progress
        self._execution = execution

    def is_on(self) -> bool:
        """Somebody watches."""
        return self._progress.is_watched(self._execution)

    def started(self, run: Run, now: float) -> None:
        """A node run starts."""
        if self._progress.is_watched(self._execution):
            run.started_at = run.started_at or now
            self._progress.tell(self._execution, node_change(run))

    def tell(self, state: State, entry: JournalEntry) -> None:
        """An entry was applied."""
        if self._progress.is_watched(self._execution):
            path = getattr(entry, "path", None)
            run = state.find_run(getattr(entry, "node", ""), path) if path is not None else None
            if run is not None:
                self._progress.tell(self._execution, node_change(run))

    def execution(self, change: dict[str, Any]) -> None:
        """The execution itself changed."""
        if self._progress.is_watched(self._execution):
            self._progress.tell(self._execution, {"type": "execution", **change})
