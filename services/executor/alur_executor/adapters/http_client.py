"""The one way out by HTTP: pooled, limited, and through the outbound guard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

from alur_common.outbound import Guard, Target
from alur_common.outbound.decisions import tenant_asking
from alur_common.telemetry import names
from alur_common.telemetry.tracing import HEADER, NOTHING, Kind, child, current
from alur_executor.adapters.http_bodies import decoded
from alur_sdk.errors import ByteLimitError, Permanent, Retryable
from alur_sdk.nodes import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from alur_executor.adapters.http_pool import Pool

AT_ONE_SERVER, AT_ALL_SERVERS = 512, 1_024
"""So many requests of a tenant are under way; others wait for their turn, and their time does not run meanwhile."""
_CLIENT_ERROR = 400
_IN_MEMORY_BYTES = 16 * 1024 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})
# What may go on to another origin; anything else may be, or prove, a secret.
_HARMLESS = frozenset(
    {"accept", "accept-language", "content-type", "idempotency-key", "user-agent"}
)
_OF_THE_BODY = frozenset({"content-type", "content-encoding", "content-language"})
_UNSAFE_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)


class HttpClient:
    """Sends requests over one pool of connections, which the first request opens.

    The pool is bound to its guard: two allow lists need two clients, since a connection that is
    open already is not checked again.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._pool: Pool | None = None
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Semaphore] = WeakValueDictionary()
        self._turns_away = False

    def turn_away(self) -> None:
        """Cut off who waits for a turn, now or later: what would end too late is not begun."""
        self._turns_away = True

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and its redirects, each hop checked; all within the request's time.

        Raises `Permanent` for what is refused or cannot be sent, `Retryable` for failures of
        transport and time-outs, `ByteLimitError` for an answer that is too large, `CancelledError`
        when its turn has not come before others were turned away.
        """
        _check_headers(request.headers)
        # Of the address only the host: the rest may hold a secret.
        with (
            child(request.method, Kind.CLIENT, {names.HTTP_METHOD: request.method})
            or NOTHING as span
        ):
            tenant = tenant_asking()
            whole = self._turn(tenant, "", AT_ALL_SERVERS)
            turn = self._turn(tenant, "/".join(request.url.split("/", 3)[:3]), AT_ONE_SERVER)
            has_waited = turn.locked() or whole.locked()
            async with turn, whole:
                if has_waited and self._turns_away:
                    raise asyncio.CancelledError
                answer = await self._in_time(_traced(_plain(request)))
            if span is not None:
                span.set(names.HTTP_STATUS, answer.status)
                span.set(names.SERVER_ADDRESS, urlsplit(answer.url).hostname or "")
                if answer.status >= _CLIENT_ERROR:
                    span.fail(str(answer.status))
            return answer

    def _turn(self, tenant: str, place: str, most: int) -> asyncio.Semaphore:
        """Return what lets so many in at once; it is forgotten when nobody uses it."""
        turn = self._turns.get((tenant, place))
        if turn is None:
            turn = self._turns[tenant, place] = asyncio.Semaphore(most)
        return turn

    async def _in_time(self, request: HttpRequest) -> HttpResponse:
        try:
            async with asyncio.timeout(request.timeout_seconds):
                return await self._follow(request)
        except TimeoutError as error:
            seconds = request.timeout_seconds
            raise Retryable(
                f"no whole answer within {seconds:g} s", seconds=seconds, code="timeout"
            ) from error

    async def close(self) -> None:
        """Close all connections; a request that is sent later opens new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _follow(self, request: HttpRequest) -> HttpResponse:
        target = self._guard.check_url(request.url)
        for _ in range(request.follow_redirects):
            answer = await self._once(request, target)
            location = answer.headers.get("location")
            if answer.status not in REDIRECTS or location is None:
                return answer
            following = self._guard.check_url(_joined(target.url, location))
            request = _redirected(request, answer.status, target, following)
            target = following
        answer = await self._once(request, target)
        if request.follow_redirects and answer.status in REDIRECTS and "location" in answer.headers:
            raise Permanent(f"more than {request.follow_redirects} redirects", code="bad-answer")
        return answer

    async def _once(self, request: HttpRequest, target: Target) -> HttpResponse:
        pool = self._opened()
        try:
            return await self._exchange(pool, request, target)
        except pool.dropped:
            # A kept connection may be closed by the other side just as we use it.
            if request.method in SAFE or _has_key(request.headers):
                return await self._exchange(pool, request, target, last=True)
            raise Retryable(
                f"{target.host} closed the connection without an answer", code="unreachable"
            ) from None

    async def _exchange(
        self, pool: Pool, request: HttpRequest, target: Target, *, last: bool = False
    ) -> HttpResponse:
        try:
            async with await pool.request(request, target) as response:
                content = await _received(response, request)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpResponse(response.status, headers, content, target.url)
        except pool.errors as error:
            if isinstance(error, pool.dropped) and not last:
                raise
            raise pool.translated(error, target) from error

    def _opened(self) -> Pool:
        if self._pool is None:
            # Costs a tenth of a second and is not needed until something is sent.
            from alur_executor.adapters.http_pool import Pool  # noqa: PLC0415  # start-up time

            self._pool = Pool(self._guard)
        return self._pool


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if _HEADER_NAME.fullmatch(name) is None or _UNSAFE_IN_HEADER.search(value):
            raise Permanent(
                f"the header {name[:80]!r} holds characters that no header may hold",
                code="bad-parameter",
            )


def _traced(request: HttpRequest) -> HttpRequest:
    """Return the request with the trace that it is sent in, unless it names another or nothing is traced."""
    span = current()
    if span is None or any(name.lower() == HEADER for name in request.headers):
        return request
    return replace(request, headers={**request.headers, HEADER: span.point.parent})


def _plain(request: HttpRequest) -> HttpRequest:
    """Ask for an answer as it is when it goes into a file."""
    if request.sink is None or any(name.lower() == "accept-encoding" for name in request.headers):
        return request
    return replace(request, headers={**request.headers, "Accept-Encoding": "identity"})


def _has_key(headers: Mapping[str, str]) -> bool:
    return any(name.lower() == "idempotency-key" for name in headers)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Permanent(
            f"the answer leads to what is no address: {error}", code="bad-answer"
        ) from error


def _redirected(request: HttpRequest, status: int, here: Target, there: Target) -> HttpRequest:
    """Return the request to send after a redirect (RFC 9110, section 15.4)."""
    headers = dict(request.headers)
    if here.origin != there.origin:
        headers = {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
    if status in KEEPS_METHOD or request.method in SAFE:
        return replace(request, headers=headers)
    kept = {name: value for name, value in headers.items() if name.lower() not in _OF_THE_BODY}
    return replace(request, method="GET", body=None, headers=kept)


async def _received(response: ClientResponse, request: HttpRequest) -> bytes:
    """Return the content, or put it into the file that waits for it and return nothing."""
    sink = request.sink
    if sink is None or response.status >= _CLIENT_ERROR or response.status in REDIRECTS:
        return await _content(response, request.max_bytes)
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        # Not asked for, and it has to be undone: that is done in memory.
        await sink.write(await _content(response, min(request.max_bytes, _IN_MEMORY_BYTES)))
        return b""
    _check_declared(response, request.max_bytes)
    while chunk := await response.content.readany():
        if sink.size + len(chunk) > request.max_bytes:
            raise ByteLimitError(f"the answer has more than {request.max_bytes} bytes")
        await sink.write(chunk)
    return b""


def _check_declared(response: ClientResponse, max_bytes: int) -> None:
    declared = response.content_length
    if declared is not None and declared > max_bytes and response.method != "HEAD":
        raise ByteLimitError(f"the answer has {declared} bytes, {max_bytes} are allowed")


async def _content(response: ClientResponse, max_bytes: int) -> bytes:
    _check_declared(response, max_bytes)
    chunks: list[bytes] = []
    size = 0
    while chunk := await response.content.readany():
        size += len(chunk)
        if size > max_bytes:
            raise ByteLimitError(f"the answer has more than {max_bytes} bytes")
        chunks.append(chunk)
    whole = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return decoded(whole, response.headers.get("content-encoding", ""), max_bytes)
