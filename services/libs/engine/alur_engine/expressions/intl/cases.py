"""`toLocaleUpperCase` and `toLocaleLowerCase`: where a language has its own capital letters."""

from __future__ import annotations

import re
from typing import Final

from alur_engine.expressions.intl.tables import is_tag
from alur_engine.expressions.normal_forms import normalized
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError

_TURKIC: Final = ("tr", "az")
_OWN_RULES: Final = ("lt", "el")
_DOTTED: Final = re.compile("I\u0307")


def _language(locales: Value) -> str:
    if locales is None:
        raise type_error("Cannot convert undefined or null to object")
    asked = locales[0] if isinstance(locales, list) and locales else locales
    if asked is UNDEFINED or not isinstance(asked, str):
        return ""
    if not is_tag(asked):
        raise range_error("Incorrect locale information provided")
    return str(asked).partition("-")[0].lower()


def upper(text: str, locales: Value) -> str:
    """Return capital letters as the language of the first locale has them."""
    language = _language(locales)
    if language in _TURKIC:
        return text.replace("i", "İ").upper()
    if language in _OWN_RULES and not text.isascii():
        raise ExpressionError(f"capital letters by the rules of `{language}` are not supported")
    return text.upper()


def lower(text: str, locales: Value) -> str:
    """Return small letters as the language of the first locale has them."""
    language = _language(locales)
    if language in _TURKIC:
        return (
            _DOTTED.sub("i", normalized("NFC", text))
            .replace("İ", "i")
            .replace("I", "\u0131")
            .lower()
        )
    if language == "lt" and not text.isascii():
        raise ExpressionError("small letters by the rules of `lt` are not supported")
    return text.lower()
