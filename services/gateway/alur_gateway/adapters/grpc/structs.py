"""JSON values as `google.protobuf.Struct` carries them, there and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from alur_engine.reading import unfit_values
from alur_sdk.errors import InvalidError
from alur_sdk.items import Json

_EXACT = 2**53


def to_struct(value: Mapping[str, Json]) -> Struct:
    """Return a JSON object as a message. Numbers become doubles, as JSON's are everywhere but in Python."""
    struct = Struct()
    struct.update(value)
    return struct


def from_struct(struct: Struct, path: str) -> dict[str, Any]:
    """Return the JSON object that a message holds. Raises `InvalidError` for NaN and infinity, naming the place."""
    value = {name: _value(field) for name, field in struct.fields.items()}
    if problems := unfit_values(value):
        raise InvalidError(f"{path}: {problems[0].message}", problems)
    return value


def from_value(value: Value) -> Json:
    """Return the JSON value that a message holds."""
    return _value(value)


def _value(value: Value) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {name: _value(field) for name, field in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_value(element) for element in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        # A whole double is a whole number, so that `attempts: 3` stays what it was.
        return int(number) if number.is_integer() and abs(number) <= _EXACT else number
    return getattr(value, kind) if kind in {"string_value", "bool_value"} else None


def to_timestamp(text: Json) -> Timestamp | None:
    """Return an RFC 3339 time as a message, None for None."""
    if not isinstance(text, str):
        return None
    stamp = Timestamp()
    stamp.FromJsonString(text)
    return stamp


def timestamp_of(seconds: float) -> Timestamp:
    """Return seconds since 1970 as a message."""
    stamp = Timestamp()
    stamp.FromNanoseconds(round(seconds * 1_000_000_000))
    return stamp


def from_timestamp(stamp: Timestamp) -> str:
    """Return a message as an RFC 3339 time."""
    moment = datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)
    return moment.isoformat()


def to_duration(milliseconds: Json) -> Duration | None:
    """Return milliseconds as a message, None for None."""
    if not isinstance(milliseconds, int | float):
        return None
    duration = Duration()
    duration.FromNanoseconds(round(milliseconds * 1_000_000))
    return duration
