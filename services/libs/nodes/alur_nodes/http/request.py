"""The node `http.request`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode, urljoin, urlsplit

from pydantic_core import to_json

from alur_nodes.http_answers import check, content_of, described, file_item, items_of, next_link
from alur_nodes.http_auth import check_target, signed
from alur_nodes.http_params import (
    SAFE,
    CursorPages,
    LinkPages,
    NoPages,
    NumberedPages,
    RequestParams,
)
from alur_nodes.paths import MISSING, value_at
from alur_sdk import (
    CredentialSlot,
    Effect,
    EffectWhen,
    HttpRequest,
    HttpResponse,
    Item,
    ItemNode,
    Json,
    NodeContext,
    Permanent,
    duration_seconds,
)

FORM = "application/x-www-form-urlencoded"
DEFAULT_REDIRECTS = 5
# These say how the message travels, and to whom: the client alone knows. Behind an address that several share, another
# `Host` would lead a credential to somebody else.
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding",
     "upgrade", "proxy-authorization", "proxy-connection"}
)  # fmt: skip


class Request(ItemNode[RequestParams]):
    """Send an HTTP request for each item.

    An answer that is an object becomes the item, a list an item for each element, text
    `{"text": …}`, a file the item's file `data`. A status of 400 and above fails; 408, 429 and
    those from 500 on may be tried again, after as long as `Retry-After` says. All methods but
    GET, HEAD and OPTIONS carry an `Idempotency-Key` that is the same on every attempt.

    Addresses that are not public are refused unless the setting `ALUR_OUTBOUND_ALLOW` names their
    networks, or `ALUR_OUTBOUND_PROJECTS` those of the project. Redirects to another origin lose the credential.

    An executor has at most 512 requests of a tenant under way at one server, and 1,024 at all; others wait for their turn, which
    does not count against `timeout`.
    It holds at most 2,048 connections in all; the wait for one of those counts.
    """

    label = "HTTP request"
    icon = "world"
    effect = Effect.WRITE
    effect_when = EffectWhen("method", (*SAFE, None), Effect.READ)
    credentials = (CredentialSlot("auth", ("api-key", "basic", "bearer", "hmac")),)
    example = {"method": "POST", "url": "https://sales.example.com/orders", "body": "{{ $json }}"}

    async def run_item(self, params: RequestParams, item: Item, ctx: NodeContext) -> list[Item]:
        request = await _prepared(params, item, ctx)
        items: list[Item] = []
        pages = 0
        following: HttpRequest | None = request
        while following is not None:
            sent = await _finished(following, params, ctx, call=pages)
            if params.response == "binary":
                answer, made = await _downloaded(sent, params, ctx)
            else:
                answer = await _answered(sent, params, ctx)
                made = await items_of(answer, params, ctx)
            items += made
            pages += 1
            following = await _next(request, answer, params, pages)
        return items


async def _answered(request: HttpRequest, params: RequestParams, ctx: NodeContext) -> HttpResponse:
    answer = await ctx.http.send(request)
    if not params.never_fail:
        check(answer, ctx.now)
    return answer


async def _downloaded(
    request: HttpRequest, params: RequestParams, ctx: NodeContext
) -> tuple[HttpResponse, list[Item]]:
    """Send it, with the answer going through a file on the disk, and return the item that keeps it."""
    file = await ctx.files.create()
    try:
        answer = await _answered(replace(request, sink=file), params, ctx)
        await file.close()
        if answer.body:  # a refusal or a redirect that is an answer by itself is small
            return answer, await items_of(answer, params, ctx)
        media_type, name = described(answer)
        kept = await ctx.keep_file(file.path, media_type, name)
        return answer, [file_item(answer, params, kept)]
    finally:
        await file.close()
        if file.path in await ctx.files.names():
            await ctx.files.remove(file.path)


async def _prepared(params: RequestParams, item: Item, ctx: NodeContext) -> HttpRequest:
    """Return the request without what differs between calls: key and credential."""
    headers = _headers(params.headers)
    body = await _file(params.body_file, item, ctx) if params.body_file else None
    if body is None and params.body is not None:
        body = _encoded(params.body, headers)
    follow = params.follow_redirects
    url = _with_query(params.url.strip().replace(" ", "%20"), params.query)
    if isinstance(params.pagination, NumberedPages):
        url = _replaced(url, params.pagination.parameter, params.pagination.start)
    return HttpRequest(
        method=params.method,
        url=url,
        headers=headers,
        body=body,
        timeout_seconds=duration_seconds(params.timeout),
        follow_redirects=DEFAULT_REDIRECTS if follow is True else int(follow),
        max_bytes=params.max_bytes,
        tls=params.tls.model_dump(exclude_defaults=True),
    )


async def _finished(
    request: HttpRequest, params: RequestParams, ctx: NodeContext, call: int
) -> HttpRequest:
    headers = dict(request.headers)
    if params.method not in SAFE and not _has(headers, "Idempotency-Key"):
        headers["Idempotency-Key"] = ctx.idempotency_key(call)
    secret = await ctx.secret("auth")
    if secret is None:
        return replace(request, headers=headers)
    check_target(secret, request.url)
    added, query = signed(secret, params.auth, request.body or b"")
    proved = {name.lower() for name in added}
    kept = {name: value for name, value in headers.items() if name.lower() not in proved}
    return replace(request, headers=kept | added, url=_with_query(request.url, query))


def _headers(given: Mapping[str, Json]) -> dict[str, str]:
    headers = {}
    for name, value in given.items():
        if value is None:
            continue
        if name.lower() in _FRAMING:
            raise Permanent(
                f"the header {name} is set by the client itself: leave it out", code="bad-parameter"
            )
        headers[name] = _text(value)
    return headers


def _has(headers: Mapping[str, str], wanted: str) -> bool:
    return any(name.lower() == wanted.lower() for name in headers)


def _text(value: Json) -> str:
    """Write a value as JavaScript does: `true`, not `True`."""
    if isinstance(value, str):
        return value
    return to_json(value).decode()


def _encoded(body: Json, headers: dict[str, str]) -> bytes:
    """Return the body's bytes, and set its content type where the user did not."""
    declared = next((v for n, v in headers.items() if n.lower() == "content-type"), "")
    if isinstance(body, str):
        if not declared:
            headers["Content-Type"] = "text/plain; charset=utf-8"
        return body.encode(errors="replace")
    if declared.split(";")[0].strip().lower() == FORM:
        return _form(body)
    if not declared:
        headers["Content-Type"] = "application/json"
    try:
        return to_json(body)
    except ValueError as error:
        raise Permanent(f"the body cannot be written as JSON: {error}", code="bad-data") from error


def _form(body: Json) -> bytes:
    if not isinstance(body, dict):
        raise Permanent("a form needs an object as its body", code="bad-data")
    return urlencode(_pairs(body)).encode()


def _pairs(values: Mapping[str, Json]) -> list[tuple[str, str]]:
    return [
        (name, _text(each))
        for name, value in values.items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]


async def _file(name: str, item: Item, ctx: NodeContext) -> bytes:
    reference = (item.binary or {}).get(name)
    if not isinstance(reference, dict):
        raise Permanent(f"the item has no file {name!r}", code="bad-data")
    return await ctx.get_blob(reference)


def _with_query(url: str, query: Mapping[str, Json]) -> str:
    pairs = _pairs(query)
    if not pairs:
        return url
    address, hash_, fragment = url.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(pairs)}{hash_}{fragment}"


async def _next(
    first: HttpRequest, answer: HttpResponse, params: RequestParams, pages: int
) -> HttpRequest | None:
    """Return the request for the next page, or None after the last."""
    mode = params.pagination
    if isinstance(mode, NoPages) or pages >= mode.max_pages:
        return None
    if isinstance(mode, LinkPages):
        link = next_link(answer.headers)
        return None if link is None else replace(first, url=_same_origin(answer.url, link))
    content = await content_of(answer, params.response)
    if isinstance(mode, CursorPages):
        cursor = value_at(content, mode.cursor)
        if cursor in (None, MISSING, "", False):
            return None
        return replace(first, url=_replaced(first.url, mode.parameter, cursor))
    return _numbered(first, content, mode, pages)


def _numbered(
    first: HttpRequest, content: Json, mode: NumberedPages, pages: int
) -> HttpRequest | None:
    elements = content if mode.items is None else value_at(content, mode.items)
    if not elements:
        return None
    return replace(first, url=_replaced(first.url, mode.parameter, mode.start + pages))


def _replaced(url: str, parameter: str, value: Json) -> str:
    """Return the address with this query parameter set, whatever it had before."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Permanent(f"`url` is no address: {error}", code="bad-parameter") from error
    name = urlencode({parameter: ""})
    kept = [pair for pair in parts.query.split("&") if pair and f"{pair.split('=')[0]}=" != name]
    query = "&".join([*kept, urlencode({parameter: _text(value)})])
    return parts._replace(query=query).geturl()


def _same_origin(url: str, link: str) -> str:
    """Return the absolute address of a link; the credential goes to no other origin."""
    try:
        target = urljoin(url, link)
        here, there = urlsplit(url), urlsplit(target)
    except ValueError as error:
        raise Permanent(f"the next page has no address: {error}", code="bad-answer") from error
    if (here.scheme, here.netloc.lower()) != (there.scheme, there.netloc.lower()):
        raise Permanent(
            f"the next page is at another origin: {there.scheme}://{there.netloc}",
            code="bad-answer",
        )
    return target
