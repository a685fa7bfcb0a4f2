"""Events as Kafka records: CloudEvents 1.0 in binary mode, the value JSON; structured mode is read as well.

Follows the Kafka protocol binding of CloudEvents 1.0.2.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple, get_args, get_type_hints

import orjson

from alur_common.events import Event, ExternalReceived
from alur_common.kafka.topics import TOPICS
from alur_sdk.errors import InvalidError

Headers = list[tuple[str, bytes]]
TYPE_PREFIX = "dev."
STRUCTURED = b"application/cloudevents+json"
_BESIDE = ("key", "tenant")
"""What the record's key and a header carry."""


class Record(NamedTuple):
    """A record that is to be sent."""

    key: bytes
    value: bytes
    headers: Headers


def record_of(event: Event, source: bytes, event_id: str = "") -> Record:
    """Return the record of an event that comes from `source` (`/alur/<service>`); without an id it gets one."""
    if isinstance(event, ExternalReceived):
        return _external_record(event)
    value = {name: getattr(event, name) for name in _OWN_FIELDS[type(event)]}
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", (event_id or os.urandom(16).hex()).encode()),
        ("ce_source", source),
        ("ce_type", (TYPE_PREFIX + event.topic).encode()),
        ("ce_time", f"{stamp}.{int(now % 1 * 1000):03d}Z".encode()),
        ("ce_subject", event.key.encode()),
        ("ce_alurtenant", event.tenant.encode()),
        ("content-type", b"application/json"),
    ]
    return Record(event.key.encode(), orjson.dumps(value), headers)


def event_of(
    kind: type[Event], key: bytes | None, value: bytes | None, headers: Mapping[str, bytes | None]
) -> Event:
    """Return the event that a record holds; fields that this version does not know are left out.

    Raises `InvalidError` for what is no event of this kind.
    """
    try:
        if (headers.get("content-type") or b"").startswith(STRUCTURED):
            headers, value = _unfolded(value)
        if headers.get("ce_specversion") != b"1.0":
            raise InvalidError("the record is no CloudEvent of version 1.0")
        if kind is ExternalReceived:
            return _external(key, value, headers)
        wanted = (TYPE_PREFIX + kind.topic).encode()
        if headers.get("ce_type") != wanted:
            raise InvalidError(f"the type {headers.get('ce_type')!r} is not {wanted!r}")
        return _own_event(kind, key, value, headers)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidError(f"the record is no {kind.__name__}: {error}") from error


def _own_event(
    kind: type[Event], key: bytes | None, value: bytes | None, headers: Mapping[str, bytes | None]
) -> Event:
    given = _members(value)
    own = {}
    for name, types in _OWN_FIELDS[kind].items():
        if name in given:
            own[name] = found = given[name]
            if type(found) not in types:
                raise TypeError(f"{name} is a {type(found).__name__}")
    if not key:
        raise ValueError("it has no key")
    return kind(key=key.decode(), tenant=_text(headers, "ce_alurtenant"), **own)


def _external_record(event: ExternalReceived) -> Record:
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_time": event.time,
        "ce_subject": event.subject,
        "ce_alurtenant": event.tenant,
        "ce_alurkey": event.producer,
        "ce_alursignature": event.signature,
        "content-type": event.content_type,
    }
    headers = [(name, text.encode()) for name, text in attributes.items() if text]
    return Record(event.key.encode(), event.data, headers)


def _external(
    key: bytes | None, value: bytes | None, headers: Mapping[str, bytes | None]
) -> ExternalReceived:
    event_id = _text(headers, "ce_id")
    return ExternalReceived(
        key=key.decode() if key else event_id,
        tenant=_optional(headers, "ce_alurtenant"),
        id=event_id,
        source=_text(headers, "ce_source"),
        type=_text(headers, "ce_type"),
        time=_optional(headers, "ce_time"),
        subject=_optional(headers, "ce_subject"),
        content_type=_optional(headers, "content-type"),
        data=value or b"",
        producer=_optional(headers, "ce_alurkey"),
        signature=_optional(headers, "ce_alursignature"),
    )


def _unfolded(value: bytes | None) -> tuple[dict[str, bytes | None], bytes]:
    """Return the attributes and the data of structured mode as binary mode has them.

    JSON data is written anew without spaces, its members in their order; who signs other bytes sends `data_base64`.
    """
    given = _members(value)
    encoded, plain = given.pop("data_base64", None), given.pop("data", None)
    if encoded is None:
        data = b"" if plain is None else orjson.dumps(plain)
    else:
        data = base64.b64decode(encoded, validate=True)
    content_type = str(given.pop("datacontenttype", "application/json"))
    attributes: dict[str, bytes | None] = {"content-type": content_type.encode()}
    for name, attribute in given.items():
        attributes[f"ce_{name}"] = str(attribute).encode()
    return attributes, data


def _members(value: bytes | None) -> dict[str, Any]:
    given = orjson.loads(value or b"")
    if not isinstance(given, dict):
        raise TypeError("its value is no JSON object")
    return given


def _text(headers: Mapping[str, bytes | None], name: str) -> str:
    text = _optional(headers, name)
    if not text:
        raise ValueError(f"{name} is missing")
    return text


def _optional(headers: Mapping[str, bytes | None], name: str) -> str:
    return (headers.get(name) or b"").decode()


def _json_types(annotation: Any) -> frozenset[type]:  # noqa: ANN401  # an annotation can be anything
    types = set(get_args(annotation) or (annotation,))
    return frozenset(types | {int} if float in types else types)


_OWN_FIELDS: dict[type[Event], dict[str, frozenset[type]]] = {
    topic.event: {
        field.name: _json_types(get_type_hints(topic.event)[field.name])
        for field in fields(topic.event)
        if field.name not in _BESIDE
    }
    for topic in TOPICS
}
"""Of each event the fields in the record's value, and what JSON may have there."""
