"""What names may look like."""

from __future__ import annotations

import re
import unicodedata

from alur_common.labels import is_label
from alur_sdk.errors import InvalidError, Problem

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def check_label(text: str, path: str) -> str:
    """Return the text when it is a DNS label, else raise `InvalidError`."""
    if not is_label(text):
        rule = "must be a DNS label: 1 to 63 of a-z, 0-9 and hyphens, not at its ends"
        raise InvalidError(f"{path} {rule}", [Problem(path, "invalid", rule)])
    return text


def check_variable(text: str) -> str:
    """Return the text when expressions can name it after `$vars.`, else raise `InvalidError`."""
    if not _VARIABLE.fullmatch(text):
        rule = "must be 1 to 64 letters, digits and underscores, not beginning with a digit"
        raise InvalidError(f"name {rule}", [Problem("name", "invalid", rule)])
    return text


def check_title(text: str, path: str, *, longest: int = 200) -> str:
    """Return what people read when it is printable and not empty, else raise `InvalidError`."""
    if not 1 <= len(text) <= longest or any(unicodedata.category(c)[0] == "C" for c in text):
        rule = f"must be 1 to {longest} printable characters"
        raise InvalidError(f"{path} {rule}", [Problem(path, "invalid", rule)])
    return text
