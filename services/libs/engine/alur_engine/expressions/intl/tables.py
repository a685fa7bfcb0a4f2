"""The tables of the locales that are supported, and which of them a tag asks for."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pkgutil import get_data
from typing import Any, Final, TypeAlias

from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.values import UNDEFINED, Special, Value
from alur_sdk.errors import ExpressionError

Table: TypeAlias = dict[str, Any]

DEFAULT: Final = "en-US"
"""What is taken where no locale is asked for."""
_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-[a-z0-9]{1,8})*)\Z",
    re.IGNORECASE | re.ASCII,
)
_PLAIN_EXTENSION: Final = re.compile(r"(?:-u(?:-nu-latn|-ca-gregory|-hc-h(?:11|12|23|24))+)?\Z")
_SCRIPTS: Final = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
_SYNONYMS: Final = {"no": "nb", "in": "id"}


def read(name: str) -> Table:
    """Return one of the files that lie beside this module."""
    table: Table = json.loads(get_data(__name__, f"data/{name}.json") or "")
    return table


@lru_cache(maxsize=1)
def common() -> Table:
    """Return what all locales share: their names, the zones and the currencies."""
    return read("common")


@lru_cache(maxsize=8)
def table_of(locale: str) -> Table:
    """Return the table that the locale's name leads to; it must be one that `resolve` gave."""
    own = read(file_of(locale))
    parent = own.pop("parent", None)
    return _merged(table_of(parent), own) if parent else own


def _merged(parent: Table, own: Table) -> Table:
    merged = dict(parent)
    for key, value in own.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(parent.get(key), dict):
            merged[key] = _merged(parent[key], value)
        else:
            merged[key] = value
    return merged


def file_of(locale: str) -> str:
    """Return the name of the table that is kept for a locale: `de` and `de-DE` share one."""
    if locale in _SCRIPTS:
        return _SCRIPTS[locale]
    language, _, rest = locale.partition("-")
    if not rest:
        language = _SYNONYMS.get(language, language)
        name: str = common()["languages"][language]
        return name
    return locale


def resolve(locales: Value) -> str:
    """Return the locale that is taken for `locales`: a tag, a list of tags, or `undefined`.

    Raises `RangeError` for what is no tag, and says which are supported for one that is not.
    """
    for tag in _listed(locales):
        found = _find(tag)
        if found is not None:
            return found
        raise ExpressionError(
            f"the locale `{tag}` is not supported; the reference of expressions lists those that are"
        )
    return DEFAULT


def _listed(locales: Value) -> list[str]:
    if locales is None:
        raise type_error("Cannot convert undefined or null to object")
    if isinstance(locales, list):
        if not all(isinstance(each, str) for each in locales):
            raise type_error("Language ID should be string or object.")
        return [str(each) for each in locales]
    return [locales] if isinstance(locales, str) else []


@lru_cache(maxsize=64)
def _find(tag: str) -> str | None:
    """Return the name of a supported locale as it is written; raises for what is no tag."""
    found = _TAG.match(tag)
    if found is None or tag.lower() == "root":
        raise range_error(f"Incorrect locale information provided: {tag}")
    if not _PLAIN_EXTENSION.match(found["rest"].lower()):
        return None
    language, region = found["language"].lower(), (found["region"] or "").upper()
    known = common()
    if found["script"]:
        name = f"{language}-{found['script'].capitalize()}"
        return name if name in _SCRIPTS and not region else None
    if not region:
        return language if _SYNONYMS.get(language, language) in known["languages"] else None
    name = f"{language}-{region}"
    return name if name in known["locales"] else None


def is_tag(tag: str) -> bool:
    """Whether text is written as the tag of a locale."""
    return _TAG.match(tag) is not None


def options_of(options: Value) -> dict[str, Value]:
    """Return options as a dict; raises for `null`, as JavaScript does."""
    if options is None:
        raise type_error("Cannot convert undefined or null to object")
    return options if isinstance(options, dict) else {}


def chosen(
    options: dict[str, Value], name: str, known: tuple[str, ...], where: str, default: str = ""
) -> str:
    """Return the option `name` as one of the words that are `known`, else `default`."""
    value = options.get(name, UNDEFINED)
    if value is UNDEFINED:
        return default
    word = to_js_string(value.js_string() if isinstance(value, Special) else value)
    if word not in known:
        raise range_error(f"Value {word} out of range for Intl.{where} options property {name}")
    return word


def not_supported(what: str, where: str) -> ExpressionError:
    """The error of asking for what JavaScript has and these tables lack."""
    return ExpressionError(
        f"{what} is not supported in Intl.{where} here; the reference of expressions lists what is"
    )
