"""What an attempt of a node came to, in a word: for metrics and spans."""

from __future__ import annotations

from alur_engine.journal import Failed, Finished, JournalEntry, Stopped, Waiting


def result_of(entry: JournalEntry) -> str:
    """Return `succeeded`, `failed`, `retried`, `waiting` or `stopped`; what went on in spite of a failure has failed."""
    if type(entry) is Finished:
        return "failed" if entry.error else "succeeded"
    if isinstance(entry, Failed):
        return "failed" if entry.retry_at is None else "retried"
    if isinstance(entry, Waiting):
        return "waiting"
    return "stopped" if isinstance(entry, Stopped) else "succeeded"
