"""Bodies of webhooks: bytes and a content type become the `body` of an item."""

from __future__ import annotations

import codecs
from email.message import Message
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from alur_gateway.domain.errors import MalformedError, MediaTypeError
from alur_gateway.domain.json_values import read_json
from alur_sdk.errors import InvalidError, Problem, TooLargeError
from alur_sdk.items import Json

MAX_FIELDS = 1_000
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
    kind, charset = _parsed(content_type)
    if kind == "application/json" or kind.endswith("+json"):
        return read_json(body if charset == "utf-8" else _text(body, charset).encode())
    if kind == _FORM:
        return read_pairs(_text(body, charset))
    if kind == "multipart/form-data":
        return _multipart(body, content_type or b"")
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


def _parsed(content_type: bytes | None) -> tuple[str, str]:
    """Return the media type in lower case and the codec's name of the charset."""
    if not content_type:
        return "", "utf-8"
    message = Message()
    message["content-type"] = content_type.decode("latin-1")
    charset = message.get_content_charset("utf-8")
    try:
        codec = codecs.lookup(charset)
    except (LookupError, ValueError) as error:
        raise MediaTypeError(f"the charset {charset!r} is not known") from error
    # Python's registry also holds codecs that unpack archives or transform text.
    if not codec._is_text_encoding or codec.name.startswith(("utf-7", "idna", "punycode")):  # noqa: SLF001  # no public name tells text encodings apart
        raise MediaTypeError(f"the charset {charset!r} is not read")
    kind = content_type.partition(b";")[0].strip().lower().decode("latin-1")
    return kind, codec.name


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


def _multipart(body: bytes, content_type: bytes) -> dict[str, Any]:
    head = b"MIME-Version: 1.0\r\nContent-Type: " + content_type + b"\r\n\r\n"
    if body.count(b"\r\n--") > MAX_FIELDS:
        raise TooLargeError(f"more than {MAX_FIELDS} fields")
    parsed = BytesParser().parsebytes(head + body)
    if not parsed.is_multipart() or parsed.defects:
        raise MalformedError("the multipart body cannot be read")
    return gathered([_field(part) for part in parsed.get_payload() if isinstance(part, Message)])


def _field(part: Message) -> tuple[str, str]:
    name = part.get_param("name", header="content-disposition")
    if part.get_filename() is not None:
        message = "files are not taken here: send their content as JSON, or a link to them"
        raise MediaTypeError(message)
    content = part.get_payload(decode=True)
    if not isinstance(name, str) or not isinstance(content, bytes):
        problem = Problem("body", "multipart", "a part has no name or holds other parts")
        raise MalformedError(problem.message, [problem])
    return name, _text(content, part.get_content_charset("utf-8"))
