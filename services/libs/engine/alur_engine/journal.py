"""Journal entries: what happened to an execution, and how each is written down.

An entry is a tuple in memory and a JSON list, its kind first, in the journal. Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from alur_sdk.errors import StorageError
from alur_sdk.items import Item, Outputs


class Started(NamedTuple):
    """A node run with an outside effect is about to start; `request` is what it will ask for, item by item."""

    node: str
    path: str
    attempt: int
    at: float
    request: Any = None


class ItemDone(NamedTuple):
    """One item of a node with an outside effect came to this: it is never sent again.

    With `error` it failed for good, and its `onError` sends this on all the same.
    """

    node: str
    path: str
    item: int
    outputs: Outputs
    error: dict[str, Any] | None = None


class Finished(NamedTuple):
    """A node run ended with outputs; with `error` it failed and its `onError` sent something on all the same."""

    node: str
    path: str
    attempt: int
    started: float
    ended: float
    outputs: Outputs
    error: dict[str, Any] | None = None
    size: int = 0
    """Of `core.each`: items a turn."""
    reply: dict[str, Any] | None = None


class Failed(NamedTuple):
    """An attempt failed; it is tried again at `retry_at`, or never when that is None."""

    node: str
    path: str
    attempt: int
    started: float
    ended: float
    error: dict[str, Any]
    retry_at: float | None = None


class Logged(NamedTuple):
    """What an attempt said, as `[time, text]`; it stands before the entry that says how it ended."""

    node: str
    path: str
    attempt: int
    lines: Sequence[Sequence[Any]]


class Waiting(NamedTuple):
    """A node run waits: `{until?, signal?, children?}`, or `{pool, task}` for an executor of its pool to run it."""

    node: str
    path: str
    attempt: int
    started: float
    wait: dict[str, Any]


class Stopped(NamedTuple):
    """`core.stop` ended the execution well."""

    node: str
    path: str
    at: float
    started: float | None = None


class Cancelled(NamedTuple):
    """The execution was cancelled, or its time was over (`error` tells)."""

    reason: str
    at: float
    error: dict[str, Any] | None = None


class Resolved(NamedTuple):
    """A person said what became of an item in doubt, or of all: `done` (with outputs), `not-done` or `fail`."""

    node: str
    path: str
    at: float
    outcome: str
    outputs: Outputs
    item: int | None = None


JournalEntry = (
    Started | ItemDone | Logged | Finished | Failed | Waiting | Stopped | Cancelled | Resolved
)
_KINDS: dict[str, type[JournalEntry]] = {
    "started": Started,
    "item": ItemDone,
    "logged": Logged,
    "finished": Finished,
    "failed": Failed,
    "waiting": Waiting,
    "stopped": Stopped,
    "cancelled": Cancelled,
    "resolved": Resolved,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode_entry(entry: JournalEntry) -> list[Any]:
    """Return the entry as a JSON list: its kind, then its fields; those at the end that have their defaults are left out."""
    if type(entry) is Finished and entry.error is None and not entry.size and entry.reply is None:
        node, path, attempt, started, ended, outputs = entry[:6]
        return ["finished", node, path, attempt, started, ended, encode_outputs(outputs)]
    values: list[Any] = [_NAMES[type(entry)], *entry]
    position = _OUTPUTS_AT.get(type(entry))
    if position is not None:
        values[position] = encode_outputs(values[position])
    if type(entry) is Resolved and entry.item is not None:
        values[-1] = [entry.item]
    defaults = list(type(entry)._field_defaults.values())
    while defaults and values[-1] == defaults.pop():
        values.pop()
    return values


def decode_entry(values: Sequence[Any]) -> JournalEntry:
    """Return the entry that a JSON list holds; raises `StorageError` for a kind that this version does not know."""
    kind = _KINDS.get(values[0])
    if kind is None:
        raise StorageError(f"the journal holds an entry of the unknown kind {values[0]!r}")
    fields = list(values[1:])
    fields += [kind._field_defaults[name] for name in kind._fields[len(fields) :]]
    position = _OUTPUTS_AT.get(kind)
    if position is not None:
        fields[position - 1] = decode_outputs(fields[position - 1])
    if kind is Resolved:
        fields[-1] = _item_of(fields[-1], fields[3])
    return kind(*fields)


def _item_of(written: Any, outcome: str) -> int | None:  # noqa: ANN401  # JSON
    """Return the item that a decision is about. Older versions wrote a bare number, and heeded it where it was done."""
    if isinstance(written, list):
        return int(written[0])
    return written if outcome == "done" else None


_OUTPUTS_AT = {
    kind: kind._fields.index("outputs") + 1 for kind in _NAMES if "outputs" in kind._fields
}


def encode_outputs(outputs: Outputs) -> dict[str, list[Any]]:
    """Return port -> `[jsons, sources, binaries]`; sources that are 0, 1, 2 … and absent binaries are left out."""
    encoded: dict[str, list[Any]] = {}
    for port, items in outputs.items():
        columns: list[Any] = [[item.json for item in items]]
        if len(items) == 1 and items[0].source == 0 and items[0].binary is None:
            encoded[port] = columns
            continue
        sources = [item.source for item in items]
        binaries = [item.binary for item in items]
        has_binaries = binaries.count(None) != len(binaries)
        if has_binaries or sources != _COUNTING[: len(sources)]:
            columns.append(sources)
        if has_binaries:
            columns.append(binaries)
        encoded[port] = columns
    return encoded


_COUNTING = list(range(10_000))


def decode_outputs(encoded: dict[str, list[Any]]) -> Outputs:
    """Return the outputs that `encode_outputs` wrote."""
    outputs: Outputs = {}
    for port, columns in encoded.items():
        jsons = columns[0]
        sources, binaries = (*columns[1:], None, None)[:2]
        outputs[port] = [
            Item(json, binary, tuple(source) if isinstance(source, list) else source)
            for json, binary, source in zip(
                jsons,
                binaries or [None] * len(jsons),
                range(len(jsons)) if sources is None else sources,
                strict=True,
            )
        ]
    return outputs
