"""The outermost ASGI application: it sorts requests, recovers from errors, limits, logs and counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from alur_common.clock import Clock, Ids
from alur_common.telemetry import get_logger
from alur_common.telemetry.tracing import Tracer
from alur_gateway.adapters.asgi import (
    CALLER,
    REFUSED,
    App,
    ClientGoneError,
    Message,
    Receive,
    Scope,
    Send,
    header_of,
    send_answer,
)
from alur_gateway.adapters.clients import Clients
from alur_gateway.adapters.cors import Cors
from alur_gateway.adapters.files import Files
from alur_gateway.adapters.hooks import PREFIX, HookApp
from alur_gateway.adapters.metrics import RequestMetrics
from alur_gateway.adapters.probes import Probes
from alur_gateway.adapters.rates import Rates
from alur_gateway.adapters.tracing import caller_of, is_traced, traced
from alur_gateway.domain.answers import Answer, problem_answer
from alur_gateway.domain.errors import InternalError, MethodError
from alur_gateway.service.refusals import Asked, Refusals
from alur_sdk.errors import AlurError, NotFoundError

_SERVER_ERROR = 500
_CLIENT_ERROR = 400


@dataclass(slots=True)
class Parts:
    """What the root application is made of. `api` is loaded at its first use."""

    hooks: HookApp
    api: Callable[[], Awaitable[App]]
    files: Files
    probes: Probes
    metrics: RequestMetrics
    tracer: Tracer | None
    rates: Rates | None
    clients: Clients
    refusals: Refusals
    cors: Cors | None
    clock: Clock
    ids: Ids


class Root:
    """The gateway as one ASGI application."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._log = get_logger("alur.gateway")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            handle = self._webhook if scope["path"].startswith(PREFIX) else self._request
            tracer = self._parts.tracer
            if tracer is None or not is_traced(scope["path"]):
                await handle(scope, receive, send)
            else:
                await traced(tracer, handle, scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def warm(self) -> None:
        """Load what is otherwise loaded at its first use."""
        await self._parts.api()

    async def _webhook(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = self._parts
        begun = parts.clock.monotonic()
        try:
            if parts.rates is not None:
                parts.rates.check_hook(scope, scope["path"][len(PREFIX) :].partition("/")[0])
            answer = await parts.hooks.answer(scope, receive)
        except AlurError as error:
            self._hook_refused(scope, error)
            answer = problem_answer(error, scope["path"], self._trace_id(scope))
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001  # the outermost loop: a caller gets a problem, the log gets the rest
            answer = self._unexpected(scope, error)
        await send_answer(send, answer)
        seconds = parts.clock.monotonic() - begun
        parts.metrics.webhook(answer.status, seconds)
        if answer.status >= _CLIENT_ERROR:
            # The address of a webhook is a secret, so the log has its route only.
            self._log.info(
                "webhook refused", method=scope["method"], status=answer.status, seconds=seconds
            )

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = _Watched(scope, send, self._parts)
        self._trace_id(scope)
        try:
            await self._dispatch(scope, receive, watched.send)
        except AlurError as error:
            scope[REFUSED] = error
            await self._tell(watched, problem_answer(error, scope["path"], self._trace_id(scope)))
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001  # the outermost loop: a caller gets a problem, the log gets the rest
            await self._tell(watched, self._unexpected(scope, error))
        self._record(scope, watched)

    async def _tell(self, watched: _Watched, answer: Answer) -> None:
        # An answer that has begun cannot become another one: the connection just ends.
        if watched.status == 0:
            await send_answer(watched.send, answer)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts, path = self._parts, scope["path"]
        if parts.cors is not None and (preflight := parts.cors.preflight(scope)) is not None:
            await send_answer(send, preflight)
            return
        if (probe := parts.probes.answer(path)) is not None:
            scope["alur.route"] = path
            await self._read(scope, send, probe)
            return
        if path.startswith("/api/v1/"):
            if parts.rates is not None:
                parts.rates.check_request(scope)
            api = await parts.api()
            await api(scope, receive, send)
            return
        await self._file(scope, send)

    async def _file(self, scope: Scope, send: Send) -> None:
        scope["alur.route"] = "/"
        answer = await self._parts.files.answer(scope)
        if answer is None:
            raise NotFoundError("there is nothing at this address")
        await self._read(scope, send, answer)

    async def _read(self, scope: Scope, send: Send, answer: Answer) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodError("this address is only read", "GET, HEAD")
        await send_answer(send, answer, head_only=scope["method"] == "HEAD")

    def _hook_refused(self, scope: Scope, error: AlurError) -> None:
        hook_id, _, path = scope["path"][len(PREFIX) :].partition("/")
        client = self._parts.clients.of(scope)
        self._parts.refusals.of_hook(error, hook_id, scope["method"], path, client)

    def _refused(self, scope: Scope, error: AlurError) -> None:
        route, params = scope.get("route"), scope.get("path_params") or {}
        asked = Asked(
            operation="request" if route is None else route.name,
            client=self._parts.clients.of(scope),
            caller=scope.get(CALLER),
            shows_token=header_of(scope, b"authorization") is not None,
            project=str(params.get("project", "")),
        )
        self._parts.refusals.of_request(error, asked)

    def _record(self, scope: Scope, watched: _Watched) -> None:
        if (refused := scope.get(REFUSED)) is not None:
            self._refused(scope, refused)
        seconds = self._parts.clock.monotonic() - watched.begun
        matched = scope.get("route")
        route = scope.get("alur.route", "other") if matched is None else matched.path
        self._parts.metrics.request(scope["method"], route, watched.status, seconds)
        # Not to be ready is what `/readyz` is asked for, and no fault.
        is_fault = watched.status >= _SERVER_ERROR and route != "/readyz"
        level = self._log.error if is_fault else self._log.info
        level(
            "request",
            method=scope["method"],
            route=route,
            status=watched.status,
            seconds=round(seconds, 6),
            trace_id=self._trace_id(scope),
        )

    def _unexpected(self, scope: Scope, error: Exception) -> Answer:
        trace_id = self._trace_id(scope)
        self._log.error("unexpected error", trace_id=trace_id, exc_info=error)
        return problem_answer(InternalError.unexpected(), scope["path"], trace_id)

    def _trace_id(self, scope: Scope) -> str:
        """Return the caller's trace id (W3C trace context), else a new one kept for this request."""
        known: str | None = scope.get("alur.trace")
        if known is None:
            caller = caller_of(scope)
            known = self._parts.ids.secret(16) if caller is None else caller.trace_id
            scope["alur.trace"] = known
        return known


class _Watched:
    """Sees what goes out: remembers the status and adds the headers that every answer has."""

    def __init__(self, scope: Scope, send: Send, parts: Parts) -> None:
        self.status = 0
        self.begun = parts.clock.monotonic()
        self._scope = scope
        self._send = send
        self._cors = parts.cors

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            if not any(name == b"x-content-type-options" for name, _ in headers):
                headers.append((b"x-content-type-options", b"nosniff"))
            if self._cors is not None:
                headers += self._cors.headers(self._scope)
            message = {**message, "headers": headers}
        elif self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)
