"""A span around each request to the API and to webhooks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from alur_common.telemetry import names
from alur_common.telemetry.tracing import (
    Kind,
    Point,
    Span,
    Tracer,
    point_of,
)
from alur_gateway.adapters.asgi import Message, Receive, Scope, Send
from alur_gateway.adapters.hooks import PREFIX

HOOK_ROUTE = "/hooks/{id}/{path}"
"""What is said of a webhook's address: the rest of it is a secret."""
_TRACED = (PREFIX, "/api/v1/")
_SERVER_ERROR = 500
_STREAM = (b"content-type", b"text/event-stream")
Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


def caller_of(scope: Scope) -> Point | None:
    """Return the span that the caller names, or None; said twice, it counts as not said."""
    parent, states = None, []
    for name, value in scope["headers"]:
        if name == b"traceparent":
            if parent is not None:
                return None
            parent = value
        elif name == b"tracestate":
            states.append(value)
    return None if parent is None else point_of(parent, b",".join(states))


def is_traced(path: str) -> bool:
    """Whether requests to this path have spans: probes and the editor's files have none."""
    return path.startswith(_TRACED)


async def traced(
    tracer: Tracer, handle: Handler, scope: Scope, receive: Receive, send: Send
) -> None:
    """Handle a request within a span, which goes on from the caller's."""
    method = str(scope["method"])
    name = f"{method} {HOOK_ROUTE}" if scope["path"].startswith(PREFIX) else method
    with tracer.begin(name, Kind.SERVER, parent=caller_of(scope)) as span:
        scope["alur.trace"] = span.point.trace_id
        watched = _Watched(span, scope, send).send if span.is_recorded else send
        await handle(scope, receive, watched)


class _Watched:
    """Says of a span what the answer to its request was."""

    def __init__(self, span: Span, scope: Scope, send: Send) -> None:
        self._span = span
        self._scope = scope
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._describe(message["status"])
            if any(
                name == _STREAM[0] and value.startswith(_STREAM[1])
                for name, value in message.get("headers", ())
            ):
                self._span.end()  # what follows may take hours
        await self._send(message)

    def _describe(self, status: int) -> None:
        span, scope = self._span, self._scope
        matched = scope.get("route")
        route = HOOK_ROUTE if scope["path"].startswith(PREFIX) else getattr(matched, "path", None)
        span.attributes = {names.HTTP_METHOD: scope["method"], names.HTTP_STATUS: status}
        if route:
            span.name = f"{scope['method']} {route}"
            span.attributes[names.HTTP_ROUTE] = route
        if status >= _SERVER_ERROR:
            span.fail(str(status))
