"""What an HTTP answer becomes: items, or the error that says whether to try again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from alur_nodes.http_params import RequestParams
from alur_nodes.json_pieces import read_json
from alur_sdk import HttpResponse, Item, Json, NodeContext, Permanent, RateLimited, Retryable
from alur_sdk.charsets import codec_of
from alur_sdk.files import plain_file_name

EXCERPT = 500
FAILED = 400
REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY, UNAVAILABLE = 408, 425, 429, 503
SERVER_FAILED = 500
MAX_WAIT_SECONDS = 86_400.0
_TEXT = re.compile(r"^(text/|application/(xml|javascript|x-www-form-urlencoded|yaml)|.*\+xml$)")
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+(?:=(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")


def check(answer: HttpResponse, now: float) -> None:
    """Raise what a status of 400 and above means.

    `RateLimited` when the other side says how long to wait, `Retryable` when the fault is on
    its side or passing, else `Permanent`.
    """
    status = answer.status
    if status < FAILED:
        return
    message = f"{_place(answer.url)} answered {status}"
    body = answer.body[:EXCERPT].decode(errors="replace")
    after = _wait_seconds(answer.headers.get("retry-after"), now)
    if status in (TOO_MANY, UNAVAILABLE) and after is not None:
        raise RateLimited(message, after, status=status, body=body)
    if status >= SERVER_FAILED or status in (REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY):
        raise Retryable(message, status=status, body=body, code="http-status")
    raise Permanent(
        f"{message}: {body}" if body else message, status=status, body=body, code="http-status"
    )


def _place(url: str) -> str:
    """Return the address without its query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _wait_seconds(header: str | None, now: float) -> float | None:
    """Read `Retry-After` (RFC 9110): seconds, or a date."""
    if header is None:
        return None
    if header.isdecimal() and header.isascii():
        return min(float(header), MAX_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # a number in it may be beyond all
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, aware.timestamp() - now), MAX_WAIT_SECONDS)


async def content_of(answer: HttpResponse, response: str) -> Json:
    """Return the body as a JSON value, or as bytes when it is neither JSON nor text.

    Raises `Permanent` when the body is not what `response` demands.
    """
    media_type, charset = _content_type(answer.headers.get("content-type", ""))
    kind = response if response != "auto" else _kind(media_type, answer.body)
    if kind == "binary":
        return answer.body
    if kind == "json":
        return await _parsed(answer)
    try:
        return answer.body.decode(codec_of(charset or "utf-8") or "utf-8")
    except UnicodeDecodeError:
        return answer.body.decode("utf-8", errors="replace")


@lru_cache(maxsize=256)
def _content_type(header: str) -> tuple[str, str | None]:
    """Return media type and character set (RFC 9110, section 8.3)."""
    message = Message()
    message["content-type"] = header or "application/octet-stream"
    return message.get_content_type(), message.get_content_charset()


def _kind(media_type: str, body: bytes) -> str:
    if media_type == "application/json" or media_type.endswith("+json") or not body:
        return "json"
    if _TEXT.match(media_type):
        return "text"
    return "binary"


async def _parsed(answer: HttpResponse) -> Json:
    if not answer.body.strip():
        return None
    try:
        return await read_json(answer.body)
    except ValueError as error:
        raise Permanent(
            f"{_place(answer.url)} answered what is no JSON: {error}", code="bad-answer"
        ) from error


async def items_of(answer: HttpResponse, params: RequestParams, ctx: NodeContext) -> list[Item]:
    """Return the items that an answer becomes.

    An object is an item, a list an item for each element, text `{"text": …}`, any other value
    `{"value": …}`, a file an item with the file as its `data`; nothing is an empty object.
    """
    content = await content_of(answer, params.response)
    if isinstance(content, bytes):
        kept = await ctx.put_blob(content, *described(answer))
        return [file_item(answer, params, kept)]
    if params.full_response:
        full = {"status": answer.status, "headers": dict(answer.headers), "body": content}
        return [Item(full)]
    if isinstance(content, list):
        return [Item(_as_object(element)) for element in content]
    return [Item(_as_object(content))]


def file_item(answer: HttpResponse, params: RequestParams, kept: dict[str, Json]) -> Item:
    """Return the item of an answer that is kept as the file `data`."""
    full = {"status": answer.status, "headers": dict(answer.headers), "body": None}
    return Item(full if params.full_response else {}, {"data": kept})


def described(answer: HttpResponse) -> tuple[str, str]:
    """Return the media type of an answer and the name of the file that it is."""
    return _content_type(answer.headers.get("content-type", ""))[0], _file_name(answer)


def _as_object(content: Json) -> dict[str, Json]:
    if isinstance(content, dict):
        return content
    if content is None:
        return {}
    return {"text" if isinstance(content, str) else "value": content}


def _file_name(answer: HttpResponse) -> str:
    """Return the name that the server gives the file."""
    message = Message()
    message["content-disposition"] = answer.headers.get("content-disposition", "")
    return plain_file_name(message.get_filename() or unquote(urlsplit(answer.url).path))


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the target of `rel="next"` in a `Link` header (RFC 8288)."""
    for target, attributes in _LINK.findall(headers.get("link", "")):
        for attribute in attributes.split(";"):
            name, _, value = attribute.strip().partition("=")
            if name.lower() == "rel" and "next" in value.strip('"').lower().split():
                return str(target)
    return None
