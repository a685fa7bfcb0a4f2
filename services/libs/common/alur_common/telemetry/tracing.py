"""Spans: what happened, how long it took, and because of what. Nothing here loads the OpenTelemetry SDK.

The current span stands in a context variable, so that what happens within it needs no tracer: a publisher, a call
and a node run ask for `child`. Only what begins or takes over a trace needs the `Tracer`. A process that traces
nothing has none: then there is never a current span, and asking for one is all that tracing costs.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from enum import IntEnum
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

HEADER = "traceparent"
STATE_HEADER = "tracestate"
CLOSE_SECONDS = 5.0
"""So long the end of a process waits for its last spans to leave."""
MAX_STATE = 512
_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE = re.compile(r"[\x20-\x7e]*")
_SAMPLED = 1
NOTHING: AbstractContextManager[None] = nullcontext()
"""Stands for a span where nothing is recorded."""


class Kind(IntEnum):
    """What a span is to others; the numbers are OpenTelemetry's."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


class Point(NamedTuple):
    """A place in a trace, as it goes from process to process (W3C trace context): ids in hexadecimal."""

    trace_id: str
    span_id: str
    is_sampled: bool
    state: str = ""

    @property
    def parent(self) -> str:
        """The value of the header `traceparent` for what happens because of this."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"


def point_of(parent: str | bytes | None, state: str | bytes | None = None) -> Point | None:
    """Return what the headers `traceparent` and `tracestate` say, or None for what the standard calls invalid."""
    if not parent:
        return None
    found = _PARENT.fullmatch(_text(parent))
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more):
        return None
    if not trace_id.strip("0") or not span_id.strip("0"):
        return None
    kept = _text(state or "")
    if len(kept) > MAX_STATE or _STATE.fullmatch(kept) is None:
        kept = ""
    return Point(trace_id, span_id, bool(int(flags, 16) & _SAMPLED), kept)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class Recorder(Protocol):
    """Where ended spans go."""

    def record(self, span: Span) -> None:
        """Take a span that has ended; never waits."""

    def close(self) -> None:
        """Send what is left."""


Attributes = dict[str, Any]
Sampler = Callable[[Point | None, str, str], bool]
"""Decides from the parent, the trace's id and the span's name whether a trace is recorded."""


class Shared:
    """Attributes that many spans have in common; a recorder may keep what it makes of them."""

    __slots__ = ("attributes", "encoded")

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.encoded = b""


class Span:
    """Something that happens. Entered, it is the current one until it is left, and ends with that."""

    __slots__ = ("_recorder", "_token", "attributes", "begun", "ended", "error", "is_from_afar",
                 "kind", "links", "name", "parent", "point", "scope", "shared")  # fmt: skip

    def __init__(
        self,
        name: str,
        kind: Kind,
        point: Point,
        *,
        scope: str,
        recorder: Recorder | None,
        parent: Point | None = None,
        links: Sequence[Point] = (),
        attributes: Attributes | None = None,
        is_from_afar: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.point = point
        self.scope = scope
        self.parent = parent
        self.links = links
        self.attributes = {} if attributes is None else attributes
        self.shared: Shared | None = None
        self.is_from_afar = is_from_afar
        """Its parent is in another process."""
        self.error = ""
        self.begun = time.time_ns() if recorder is not None else 0
        self.ended = 0
        self._recorder = recorder
        self._token: Token[Span | None] | None = None

    @property
    def is_recorded(self) -> bool:
        """It will be seen; what is not costs no attribute."""
        return self._recorder is not None

    def set(self, name: str, value: object) -> None:
        """Add an attribute: an id or a count, never content."""
        if self._recorder is not None:
            self.attributes[name] = value

    def link(self, point: Point | None) -> None:
        """Say that it goes on with something of another trace."""
        if point is not None:
            self.links = (*self.links, point)

    def fail(self, code: str) -> None:
        """Say that it failed, and how: a code, for messages may hold content."""
        self.error = code

    def within(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        attributes: Attributes | None = None,
        links: Sequence[Point] = (),
    ) -> Span:
        """Return a span that begins now, because of this one; the attributes are its own from now on."""
        trace_id, _, is_sampled, state = self.point
        point = Point(trace_id, new_span_id(), is_sampled, state)
        return Span(
            name,
            kind,
            point,
            scope=self.scope,
            recorder=self._recorder,
            parent=self.point,
            links=links,
            attributes=attributes,
        )

    def drop(self) -> None:
        """Record nothing of it."""
        self._recorder = None

    def end(self) -> None:
        """Say that it is over; a second time does nothing."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self.ended = self.ended or time.time_ns()
            recorder.record(self)

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
            self._token = None
        if error is not None and not self.error:
            self.fail(str(getattr(error, "code", "") or type(error).__name__))
        self.end()


_current: ContextVar[Span | None] = ContextVar("span", default=None)
_random = random.Random()  # noqa: S311  # ids, no secrets


def new_span_id() -> str:
    """Return an id that no other span of its trace has."""
    return f"{_random.getrandbits(64) or 1:016x}"


def current() -> Span | None:
    """Return the span within which this runs, or None."""
    return _current.get()


def child(
    name: str, kind: Kind = Kind.INTERNAL, attributes: Attributes | None = None
) -> Span | None:
    """Begin a span within the current one; None where nothing is recorded, to be used as `with … or NOTHING`."""
    span = _current.get()
    return None if span is None or not span.is_recorded else span.within(name, kind, attributes)


class Tracer:
    """Begins spans that have no span of this process as their parent."""

    def __init__(self, sampler: Sampler, recorder: Recorder, scope: str = "alur") -> None:
        self._sampler = sampler
        self._recorder = recorder
        self._scope = scope

    def begin(
        self,
        name: str,
        kind: Kind,
        *,
        parent: Point | None = None,
        attributes: Attributes | None = None,
    ) -> Span:
        """Begin a span because of one in another process, or a trace. The sampler decides whether it is recorded."""
        trace_id = parent.trace_id if parent else f"{_random.getrandbits(128) or 1:032x}"
        is_sampled = self._sampler(parent, trace_id, name)
        point = Point(trace_id, new_span_id(), is_sampled, parent.state if parent else "")
        return self._span(name, kind, point, parent=parent, attributes=attributes)

    def go_on(self, name: str, with_: Point) -> Span:
        """Begin a span in a trace that was kept: within the current one, where that is a part of it, else because of it."""
        here = _current.get()
        if here is not None and here.point.trace_id == with_.trace_id:
            if not here.is_recorded:
                return self._span(name, Kind.INTERNAL, here.point)
            return here.within(name)
        return self.begin(name, Kind.INTERNAL, parent=with_)

    def link(
        self,
        name: str,
        kind: Kind,
        to: Sequence[Point],
        attributes: Attributes | None = None,
    ) -> Span:
        """Begin a trace that goes on with others, without being a part of them; recorded when one of them is."""
        is_sampled = any(point.is_sampled for point in to)
        point = Point(f"{_random.getrandbits(128) or 1:032x}", new_span_id(), is_sampled)
        return self._span(name, kind, point, links=tuple(to), attributes=attributes)

    def _span(
        self,
        name: str,
        kind: Kind,
        point: Point,
        *,
        parent: Point | None = None,
        links: Sequence[Point] = (),
        attributes: Attributes | None = None,
    ) -> Span:
        return Span(
            name,
            kind,
            point,
            scope=self._scope,
            recorder=self._recorder if point.is_sampled else None,
            parent=parent,
            links=links,
            attributes=attributes,
            is_from_afar=parent is not None,
        )

    async def close(self) -> None:
        """Send what is left, for a few seconds at most: a collector that is away must not keep a process."""
        closing = threading.Thread(target=self._recorder.close, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, CLOSE_SECONDS)
