"""Bodies of webhooks: bytes and a content type become the `body` of an item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from multipart import (  # type: ignore[import-untyped]  # it has no stubs
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from alur_gateway.domain.errors import MalformedError, MediaTypeError
from alur_gateway.domain.json_values import read_json
from alur_sdk.charsets import codec_of
from alur_sdk.errors import InvalidError, TooLargeError
from alur_sdk.items import Json

MAX_FIELDS = 1_000
MAX_TYPE_BYTES = 1_000
_FILE = re.compile(r";\s*filename\*", re.IGNORECASE)
"""The name of a file as RFC 7578 forbids it (section 4.2), and the parser does not read it."""
_PLAIN_TRANSFER = ("7bit", "8bit", "binary")
_JSON = b"application/json"
_FORM = "application/x-www-form-urlencoded"


def read_body(body: bytes, content_type: bytes | None) -> Json:
    """Return the value of a body.

    JSON becomes its value (of a name that repeats in an object the last, as JavaScript has it), a form an object (a name that repeats becomes a list), text a string; nothing
    at all is an empty object. Raises `MalformedError` when it is not what it says, `MediaTypeError` for
    files and types that are neither.
    """
    if content_type == _JSON and body:
        return read_json(body)
    return _read_other(body, content_type) if body else {}


def _read_other(body: bytes, content_type: bytes | None) -> Json:
    kind, options = _parsed(content_type)
    charset = _codec(options.get("charset"))
    if kind == "application/json" or kind.endswith("+json"):
        return read_json(body if charset == "utf-8" else _text(body, charset).encode())
    if kind == _FORM:
        return read_pairs(_text(body, charset))
    if kind == "multipart/form-data":
        return _multipart(body, options.get("boundary", ""))
    if not kind:
        return _guessed(body)
    if kind.startswith("text/") or kind.endswith(("/xml", "+xml")):
        return _text(body, charset)
    raise MediaTypeError(f"a body of type {kind} is not read; send JSON, a form or text")


def read_pairs(text: str) -> dict[str, Any]:
    """Return the pairs of a query or form; a name that repeats has the list of its values."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedError("the form is no UTF-8") from error
    except ValueError as error:
        raise TooLargeError(f"more than {MAX_FIELDS} fields") from error
    return gathered(pairs)


def gathered(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return an object of the pairs; a name that repeats has the list of its values."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name not in values:
            values[name] = value
        elif isinstance(values[name], list):
            values[name].append(value)
        else:
            values[name] = [values[name], value]
    return values


def _parsed(content_type: bytes | None) -> tuple[str, dict[str, str]]:
    """Return the media type in lower case and its parameters."""
    if not content_type:
        return "", {}
    if len(content_type) > MAX_TYPE_BYTES:
        raise MediaTypeError(f"a content type may have {MAX_TYPE_BYTES} bytes")
    kind, options = parse_options_header(content_type.decode("latin-1"))
    return kind, options


def _codec(charset: str | None) -> str:
    if charset is None:
        return "utf-8"
    codec = codec_of(charset)
    if codec is None:
        raise MediaTypeError(f"the charset {charset[:40]!r} is not read; send UTF-8")
    return codec


def _text(body: bytes, charset: str) -> str:
    try:
        text = body.decode(charset)
    except (UnicodeError, ValueError) as error:
        raise MalformedError(f"the body is no {charset}") from error
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedError("the body holds a lone surrogate")
    return text


def _guessed(body: bytes) -> Json:
    try:
        return read_json(body)
    except InvalidError:
        return _text(body, "utf-8")


def _multipart(body: bytes, boundary: str) -> dict[str, Any]:
    """Return the fields of a form (RFC 7578), within bounds on their number and on their heads."""
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_FIELDS) as parser:
            return gathered(list(_fields(parser.parse(body))))
    except ParserLimitReached as error:
        raise TooLargeError(
            f"more than {MAX_FIELDS} fields, or a field with a large head"
        ) from error
    except MultipartError as error:
        raise MalformedError(f"the multipart body cannot be read: {error}") from error


def _fields(events: Iterator[MultipartSegment | bytearray | None]) -> Iterator[tuple[str, str]]:
    """Yield the fields of what the parser tells: the head of a part, its content in pieces, and its end."""
    part, content = None, bytearray()
    for event in events:
        if isinstance(event, MultipartSegment):
            _check_part(event)
            part, content = event, bytearray()
        elif event is not None:
            content += event
        elif part is not None:
            yield part.name, _text(bytes(content), _codec(part.charset))


def _check_part(part: MultipartSegment) -> None:
    if part.filename is not None or _FILE.search(part.header("Content-Disposition")):
        message = "files are not taken here: send their content as JSON, or a link to them"
        raise MediaTypeError(message)
    if not part.name:
        raise MalformedError("a part of the multipart body has no name")
    if part.header("Content-Transfer-Encoding", "binary").lower() not in _PLAIN_TRANSFER:
        raise MediaTypeError(f"the field {part.name[:40]!r} is encoded: send it as it is")
