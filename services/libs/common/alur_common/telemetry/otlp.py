"""Spans as the bytes of OTLP's protobuf messages.

Building the messages as objects costs as much as all the rest of a span. The bytes are joined here instead, from parts
that are mostly the same for many spans and are kept; protobuf itself makes and reads those parts that are not hot. The
field numbers are those of `opentelemetry/proto/trace/v1/trace.proto`, which never change.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from alur_common.telemetry import names
from alur_common.telemetry.tracing import Point, Span

MOST_KEPT = 4_096
_ATTRIBUTES = 9
_BYTES_OF_SPANS = 2
_TRACE_ID, _SPAN_ID, _PARENT_ID = b"\x0a\x10", b"\x12\x08", b"\x22\x08"
_TIMES = struct.Struct("<BQBQ")
_BYTES = [bytes((number,)) for number in range(0x80)]
_START, _END = 7 << 3 | 1, 8 << 3 | 1
_REMOTE_KNOWN, _REMOTE = 0x100, 0x200
"""Flags: whether the parent is in another process is said, and it is."""


def field(number: int, content: bytes) -> bytes:
    """Return a field of bytes: its number and length before it."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    if number <= 0x7F:  # noqa: PLR2004  # seven bits a byte
        return _BYTES[number]
    if number <= 0x3FFF:  # noqa: PLR2004  # as long as most spans are
        return bytes((number & 0x7F | 0x80, number >> 7))
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class Encoder:
    """Turns spans into bytes; what comes again and again is encoded once."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        """`resource` is what is said of this process."""
        said = [KeyValue(key=name, value=_value(value)) for name, value in resource.items()]
        self._resource = field(1, Resource(attributes=said).SerializeToString())
        self._attributes: dict[tuple[str, object], bytes] = {}
        self._heads: dict[tuple[str, int], bytes] = {}
        self._scopes: dict[str, bytes] = {}

    def request(self, spans: Sequence[Span]) -> bytes:
        """Return a message `ExportTraceServiceRequest` with these spans."""
        by_scope: dict[str, list[bytes]] = {}
        for span in spans:
            by_scope.setdefault(span.scope, []).append(field(_BYTES_OF_SPANS, self.span(span)))
        scopes = [
            field(2, _kept(self._scopes, scope, _scope) + b"".join(found))
            for scope, found in by_scope.items()
        ]
        return field(1, self._resource + b"".join(scopes))

    def span(self, span: Span) -> bytes:
        """Return a message `Span`."""
        point, parent = span.point, span.parent
        parts = [
            _TRACE_ID,
            bytes.fromhex(point.trace_id),
            _SPAN_ID,
            bytes.fromhex(point.span_id),
            _kept(self._heads, (span.name, span.kind), _head),
            _TIMES.pack(_START, span.begun, _END, span.ended),
        ]
        if parent is not None:
            parts += (_PARENT_ID, bytes.fromhex(parent.span_id))
        shared = span.shared
        if shared is not None:
            if not shared.encoded:
                shared.encoded = self._all(shared.attributes)
            parts.append(shared.encoded)
        parts.append(self._all(span.attributes))
        if span.error or span.links or span.is_from_afar or point.state:
            parts.append(self._rare(span))
        return b"".join(parts)

    def _all(self, attributes: Mapping[str, Any]) -> bytes:
        kept = self._attributes
        return b"".join(
            [kept.get(item) or _kept(kept, item, _attribute) for item in attributes.items()]
        )

    def _rare(self, span: Span) -> bytes:
        """Return what few spans have: a failure, links, a state, a parent in another process."""
        flags = _REMOTE_KNOWN | (_REMOTE if span.is_from_afar else 0)
        message = trace_pb2.Span(
            trace_state=span.point.state,
            links=[_link(point) for point in span.links],
            flags=flags,
        )
        if not span.error:
            return message.SerializeToString()
        message.status.code = trace_pb2.Status.STATUS_CODE_ERROR
        return message.SerializeToString() + self._all({names.ERROR: span.error})


def _kept(kept: dict[Any, bytes], key: Any, make: Callable[[Any], bytes]) -> bytes:  # noqa: ANN401  # any key
    found = kept.get(key)
    if found is None:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        found = kept[key] = make(key)
    return found


def _head(key: tuple[str, int]) -> bytes:
    name, kind = key
    message = trace_pb2.Span(name=name, flags=_REMOTE_KNOWN)
    # OTLP counts its kinds from one.
    return message.SerializeToString() + bytes((6 << 3, kind + 1))


def _scope(name: str) -> bytes:
    return field(1, InstrumentationScope(name=name).SerializeToString())


def _attribute(item: tuple[str, object]) -> bytes:
    name, value = item
    message: Message = KeyValue(key=name, value=_value(value))
    return field(_ATTRIBUTES, message.SerializeToString())


def _value(value: object) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(string_value=str(value))


def _link(point: Point) -> trace_pb2.Span.Link:
    return trace_pb2.Span.Link(
        trace_id=bytes.fromhex(point.trace_id), span_id=bytes.fromhex(point.span_id)
    )
