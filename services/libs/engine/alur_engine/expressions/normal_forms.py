"""Unicode's normal forms (Unicode Standard Annex 15), in time that grows as the text does."""

from __future__ import annotations

import unicodedata
from functools import partial
from itertools import groupby
from typing import Final, Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
_LONGEST: Final = 100
_COME_APART: Final = {
    "NFD": frozenset("\u0f73\u0f75\u0f81"),
    "NFKD": frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f"),
}
"""No marks themselves, but in this form they come apart into marks and nothing else."""


def normalized(form: Form, text: str) -> str:
    """Return a text in a normal form.

    Python puts each run of marks into order by insertion, so that a text of nothing else, which anybody can send, would
    hold the process for minutes. Long runs are therefore put into that order before.
    """
    if len(text) <= _LONGEST or text.isascii():
        return unicodedata.normalize(form, text)
    apart: Literal["NFD", "NFKD"] = "NFKD" if form in ("NFKC", "NFKD") else "NFD"
    runs = [(is_mark, "".join(run)) for is_mark, run in groupby(text, partial(_is_mark, apart))]
    if any(is_mark and len(run) > _LONGEST for is_mark, run in runs):
        text = "".join(_in_order(run, apart) if is_mark else run for is_mark, run in runs)
    return unicodedata.normalize(form, text)


def _is_mark(apart: Form, char: str) -> bool:
    return unicodedata.combining(char) > 0 or char in _COME_APART[apart]


def _in_order(marks: str, apart: Form) -> str:
    parts = "".join(unicodedata.normalize(apart, mark) for mark in marks)
    return "".join(sorted(parts, key=unicodedata.combining))
