"""Methods of text that JavaScript lacks and people's expressions use."""

from __future__ import annotations

import base64
import re
from typing import Final

from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.limits import spend_bytes
from alur_engine.expressions.methods import addresses, json_text, uris
from alur_engine.expressions.numbers import parse_float, parse_int, parse_number
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value
from alur_sdk.errors import ExpressionError

_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_HASHES: Final = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
_LINK: Final = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}\)")
_MARKS: Final = re.compile(r"(?m)^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,9}\.\s+)|[*_~`]{1,3}")


def title_case(scope: Scope, text: str) -> str:
    """`toTitleCase`."""
    spend_bytes(scope, len(text))
    return re.sub(r"\S+", lambda found: found[0][:1].upper() + found[0][1:].lower(), text)


def sentence_case(scope: Scope, text: str) -> str:
    """`toSentenceCase`."""
    spend_bytes(scope, len(text))
    return text[:1].upper() + text[1:].lower()


def _words(scope: Scope, text: str) -> list[str]:
    spend_bytes(scope, len(text))
    return [word.lower() for word in _WORD.findall(_HUMP.sub(" ", text))]


def snake_case(scope: Scope, text: str) -> str:
    """`toSnakeCase`."""
    return "_".join(_words(scope, text))


def kebab_case(scope: Scope, text: str) -> str:
    """`toKebabCase`."""
    return "-".join(_words(scope, text))


def camel_case(scope: Scope, text: str) -> str:
    """`toCamelCase`."""
    first, *rest = _words(scope, text) or [""]
    return first + "".join(word.capitalize() for word in rest)


def to_int(_scope: Scope, text: str, radix: Value = UNDEFINED) -> float:
    """`toInt`."""
    return parse_int(text, radix if type(radix) is int else 10)


def to_float(_scope: Scope, text: str) -> float:
    """`toFloat`."""
    return parse_float(text)


def to_number(_scope: Scope, text: str) -> float:
    """`toNumber`."""
    return parse_number(text)


def is_numeric(_scope: Scope, text: str) -> bool:
    """`isNumeric`."""
    number = parse_number(text)
    return bool(text.strip()) and number == number  # noqa: PLR0124  only NaN differs from itself


def remove_tags(scope: Scope, text: str) -> str:
    """`removeTags`."""
    spend_bytes(scope, len(text))
    return _TAG.sub("", text)


def remove_markdown(scope: Scope, text: str) -> str:
    """`removeMarkdown`."""
    spend_bytes(scope, 2 * len(text))
    return _MARKS.sub("", _LINK.sub(r"\1", text))


def url_encode(scope: Scope, text: str, whole: Value = UNDEFINED) -> str:
    """`urlEncode`."""
    return uris.encode_uri(scope, text) if truthy(whole) else uris.encode_component(scope, text)


def url_decode(scope: Scope, text: str, whole: Value = UNDEFINED) -> str:
    """`urlDecode`."""
    return uris.decode_uri(scope, text) if truthy(whole) else uris.decode_component(scope, text)


def base64_encode(scope: Scope, text: str) -> str:
    """`base64Encode`: of the UTF-8 bytes."""
    spend_bytes(scope, 2 * len(text))
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


def base64_decode(scope: Scope, text: str) -> str:
    """`base64Decode`: to UTF-8."""
    spend_bytes(scope, len(text))
    return uris.from_base64(scope, text).encode("latin-1").decode("utf-8", "replace")


def digest(scope: Scope, text: str, name: Value = UNDEFINED) -> str:
    """`hash`: hexadecimal, MD5 unless another is named."""
    algorithm = "md5" if name is UNDEFINED else to_js_string(name).lower()
    if algorithm not in _HASHES:
        raise ExpressionError(f"The hash `{algorithm}` is not known")
    spend_bytes(scope, len(text))
    import hashlib  # noqa: PLC0415  it takes megabytes, and is seldom needed

    return hashlib.new(
        algorithm, text.encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def quote(scope: Scope, text: str, mark: Value = UNDEFINED) -> str:
    """`quote`."""
    spend_bytes(scope, len(text))
    if mark is UNDEFINED:
        return json_text.quote(text)
    sign = to_js_string(mark)
    return sign + text.replace(sign, "\\" + sign) + sign


TEXTS: Final[dict[str, Native]] = {
    "base64Decode": base64_decode,
    "base64Encode": base64_encode,
    "extractDomain": addresses.extract_domain,
    "extractEmail": addresses.extract_email,
    "extractUrl": addresses.extract_url,
    "hash": digest,
    "isDomain": addresses.is_domain,
    "isEmail": addresses.is_email,
    "isNumeric": is_numeric,
    "isUrl": addresses.is_url,
    "quote": quote,
    "removeMarkdown": remove_markdown,
    "removeTags": remove_tags,
    "toCamelCase": camel_case,
    "toDecimalNumber": to_float,
    "toFloat": to_float,
    "toInt": to_int,
    "toKebabCase": kebab_case,
    "toNumber": to_number,
    "toSentenceCase": sentence_case,
    "toSnakeCase": snake_case,
    "toTitleCase": title_case,
    "urlDecode": url_decode,
    "urlEncode": url_encode,
}
