"""Records of a topic: what they are as items, and which of them make a batch."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alur_common.json_values import parse_json
from alur_engine.durations import duration_seconds
from alur_sdk.instants import rfc3339


@dataclass(frozen=True, slots=True)
class Record:
    """One record, as it lies on its partition. `timestamp` is milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a trigger reads, and how. `size` 1: one execution for each record."""

    id: str
    uid: str
    tenant: str
    project: str
    workflow: str
    trigger: str
    topic: str
    group: str
    begins: str
    value: str
    size: int
    seconds: float
    credential: str | None
    """None: the broker of the installation itself."""


@dataclass(slots=True)
class Gathered:
    """Records of one partition that wait for their batch, and since when."""

    records: list[Record] = field(default_factory=list)
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition was read: the next record's offset, and how many there are from it on."""

    offset: int
    lag: int


@dataclass(frozen=True, slots=True)
class Left:
    """Where a group left a partition, and when that was written down (seconds since 1970)."""

    offset: int
    at: float


Begun = Callable[[int], Awaitable[int]]
"""Is told how many partitions the topic has; returns how many it had when the group began."""


def own_group(reading_id: str) -> str:
    """Return the group of a trigger's own: it follows from the workflow's uid and the trigger's name."""
    uid, _, trigger = reading_id.partition("/")
    return f"alur-{uid}-{hashlib.sha256(trigger.encode()).hexdigest()[:8]}"


def reading_of(listener: Mapping[str, Any]) -> Reading:
    """Return what a listener of a topic reads."""
    params = listener["params"]
    batch = params.get("batch") or {}
    return Reading(
        id=listener["id"],
        uid=listener["uid"],
        tenant=listener["tenant"],
        project=listener["project"],
        workflow=listener["workflow"],
        trigger=listener["trigger"],
        topic=params["topic"],
        group=params.get("group") or own_group(listener["id"]),
        begins=params.get("from", "latest"),
        value=params.get("value", "json"),
        size=batch.get("size", 1),
        seconds=duration_seconds(batch.get("wait", "PT5S")),
        credential=listener["credentials"].get("brokers"),
    )


def source_of(records: Sequence[Record], trigger: str) -> tuple[str, ...]:
    """Return where a start comes from.

    The time that a record carries is part of it: a topic that is made anew counts its offsets from nought again.
    """
    first, last = records[0], records[-1]
    place = (first.topic, str(first.partition), str(first.offset), str(first.timestamp))
    end = () if last is first else (str(last.offset),)
    return ("kafka", trigger, *place, *end)


def item_of(record: Record, kind: str) -> dict[str, Any]:
    """Return the item of a record. A value that is not what it should be has an `error`, and is `raw` base64."""
    item: dict[str, Any] = {
        "key": _text(record.key),
        "value": None,
        "headers": {name: _text(value) for name, value in record.headers},
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": rfc3339(record.timestamp / 1000),
    }
    if record.value is None:
        return item
    try:
        item["value"] = _value(record.value, kind)
    except ValueError as error:
        item |= {"error": f"the value is no {kind}: {error}", "raw": _base64(record.value)}
    return item


def due(gathered: Gathered, size: int, seconds: float, now: float) -> list[Record]:
    """Return the next batch of what was gathered, or nothing while it may still grow."""
    if len(gathered.records) >= size or (gathered.records and now - gathered.since >= seconds):
        return gathered.records[:size]
    return []


def within(gathered: Gathered, last: int) -> list[Record]:
    """Return the batch that ends at this offset, or nothing before all of it was read."""
    if gathered.records[-1].offset < last:
        return []
    return [record for record in gathered.records if record.offset <= last]


def _value(value: bytes, kind: str) -> Any:  # noqa: ANN401  # JSON
    if kind == "json":
        return parse_json(value)
    return value.decode() if kind == "text" else _base64(value)


def _text(raw: bytes | None) -> str | dict[str, str] | None:
    """Return bytes as people write them; what is no text as `{base64}`."""
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": _base64(raw)}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
