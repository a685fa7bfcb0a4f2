"""Events as Kafka records: CloudEvents 1.0 in binary mode, the value JSON."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import orjson

from alur_common.events import Event
from alur_sdk.errors import InvalidError

Headers = list[tuple[str, bytes]]
_BESIDE = ("key", "tenant")
"""What the key and a header carry."""
TYPE_PREFIX = "dev."


def record_of(event: Event, source: bytes) -> tuple[bytes, bytes, Headers]:
    """Return key, value and headers of an event that comes from `source` (`/alur/<service>`)."""
    value = {name: getattr(event, name) for name in _OWN_FIELDS[type(event)]}
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", os.urandom(16).hex().encode()),
        ("ce_source", source),
        ("ce_type", (TYPE_PREFIX + event.topic).encode()),
        ("ce_time", f"{stamp}.{int(now % 1 * 1000):03d}Z".encode()),
        ("ce_subject", event.key.encode()),
        ("ce_alurtenant", event.tenant.encode()),
        ("content-type", b"application/json"),
    ]
    return event.key.encode(), orjson.dumps(value), headers


def event_of(
    kind: type[Event], key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> Event:
    """Return the event that a record holds; fields that this version does not know are left out.

    Raises `InvalidError` for what is no event of this kind.
    """
    known = dict(headers)
    wanted = (TYPE_PREFIX + kind.topic).encode()
    if known.get("ce_type") != wanted:
        raise InvalidError(f"the type {known.get('ce_type', b'')!r} is not {wanted!r}")
    try:
        given: dict[str, Any] = orjson.loads(value or b"")
        own = {name: given[name] for name in _OWN_FIELDS[kind] if name in given}
        return kind(key=(key or b"").decode(), tenant=known["ce_alurtenant"].decode(), **own)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError(f"the record is no {kind.__name__}: {error}") from error


_OWN_FIELDS: dict[type[Event], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name not in _BESIDE)
    for kind in Event.__subclasses__()
}
