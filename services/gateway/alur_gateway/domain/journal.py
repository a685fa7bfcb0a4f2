"""Journals as the API shows them: what happened and when, without the items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alur_common.executions import Batch, Execution
from alur_engine.journal import Finished, decode_entry
from alur_sdk.instants import rfc3339

_TIMES = {"at": "at", "started": "startedAt", "ended": "endedAt", "retry_at": "retryAt"}
_HIDDEN = frozenset({"outputs", "request", "reply", "size"})


def shown_entries(batches: Sequence[Batch], execution: Execution) -> list[dict[str, Any]]:
    """Return all entries in order, those that are kept with the execution's end last.

    What stands after an epoch with a lower one was written by an owner who had lost the execution, and is
    left out.
    """
    shown: list[dict[str, Any]] = []
    epoch = 0
    for batch in batches:
        if batch.epoch < epoch:
            continue
        epoch = batch.epoch
        shown += [_entry(entry, batch.number, batch.epoch) for entry in batch.entries]
    tail = execution.entries or ()
    shown += [_entry(entry, None, execution.epoch) for entry in tail]
    return shown


def reply_in(entries: Sequence[list[Any]]) -> dict[str, Any] | None:
    """Return what `core.respond` answered first, or None while it has not."""
    finished = (decode_entry(entry) for entry in entries if entry[0] == "finished")
    replies = (entry.reply for entry in finished if isinstance(entry, Finished))
    return next((reply for reply in replies if reply is not None), None)


def _entry(encoded: list[Any], batch: int | None, epoch: int) -> dict[str, Any]:
    entry = decode_entry(encoded)
    shown: dict[str, Any] = {"type": encoded[0], "batch": batch, "epoch": epoch}
    for name, value in entry._asdict().items():
        if name in _TIMES:
            shown[_TIMES[name]] = rfc3339(value)
        elif name == "outputs":
            shown["items"] = {port: len(items) for port, items in value.items()}
        elif name == "lines":
            shown[name] = len(value)
        elif name not in _HIDDEN and value is not None:
            shown[name] = value
    return shown
