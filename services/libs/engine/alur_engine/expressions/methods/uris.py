"""`encodeURIComponent` and its family, and Base64."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.limits import spend_bytes, spend_steps
from alur_engine.expressions.numbers import SPACE
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value
from alur_sdk.errors import ExpressionError

_MARKS: Final = "-_.!~*'()"
_RESERVED: Final = ";/?:@&=+$,#"
_BAD_ESCAPE: Final = re.compile("%(?![0-9a-fA-F]{2})")
_BLANKS: Final = dict.fromkeys(map(ord, SPACE))
_MALFORMED: Final = "URI malformed"


def _uri_error() -> ExpressionError:
    return ExpressionError(_MALFORMED, kind="URIError")


def _encode(scope: Scope, value: Value, safe: str) -> str:
    text = to_js_string(value)
    spend_bytes(scope, 3 * len(text))
    if utf16.has_lone_surrogate(text):
        raise _uri_error()
    return quote(text, safe=safe)


def encode_component(scope: Scope, value: Value = UNDEFINED) -> str:
    """`encodeURIComponent`."""
    return _encode(scope, value, _MARKS)


def encode_uri(scope: Scope, value: Value = UNDEFINED) -> str:
    """`encodeURI`."""
    return _encode(scope, value, _MARKS + _RESERVED)


def decode_component(scope: Scope, value: Value = UNDEFINED) -> str:
    """`decodeURIComponent`."""
    text = to_js_string(value)
    spend_bytes(scope, len(text))
    spend_steps(scope, text.count("%") + (len(text) >> 6))
    if _BAD_ESCAPE.search(text):
        raise _uri_error()
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode()
    except UnicodeDecodeError as error:
        raise _uri_error() from error


def decode_uri(scope: Scope, value: Value = UNDEFINED) -> str:
    """`decodeURI`: what is reserved stays escaped."""
    text = to_js_string(value)
    for reserved in _RESERVED:
        escape = f"%{ord(reserved):02X}"
        text = text.replace(escape, f"%25{escape[1:]}").replace(
            escape.lower(), f"%25{escape[1:].lower()}"
        )
    return decode_component(scope, text)


def to_base64(scope: Scope, value: Value = UNDEFINED) -> str:
    """`btoa`."""
    text = to_js_string(value)
    spend_bytes(scope, 2 * len(text))
    try:
        return base64.b64encode(text.encode("latin-1")).decode()
    except UnicodeEncodeError as error:
        raise ExpressionError("Invalid character", kind="InvalidCharacterError") from error


def from_base64(scope: Scope, value: Value = UNDEFINED) -> str:
    """`atob`."""
    written = to_js_string(value)
    spend_bytes(scope, len(written))
    spend_steps(scope, len(written) >> 4)
    text = written.translate(_BLANKS).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("latin-1")
    except (binascii.Error, ValueError) as error:
        raise ExpressionError(
            "The string to be decoded is not correctly encoded.", kind="InvalidCharacterError"
        ) from error


FUNCTIONS: Final[dict[str, Native]] = {
    "atob": from_base64,
    "btoa": to_base64,
    "decodeURI": decode_uri,
    "decodeURIComponent": decode_component,
    "encodeURI": encode_uri,
    "encodeURIComponent": encode_component,
}
