"""The nearest word to one that is not known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches

MOST_HINTS = 20
"""So many unknown words of one place are compared with the known ones: each comparison takes its time."""
_SHOWN = 8
_LONGEST = 60


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for a near word, else a short list of the known ones, else nothing."""
    words = [*dict.fromkeys(known)]
    lowered = {candidate.lower(): candidate for candidate in reversed(words)}
    near = get_close_matches(word.lower()[:100], lowered, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{lowered[near[0]]}`?"
    if 0 < len(words) <= _SHOWN:
        return f"; known: {', '.join(f'`{candidate}`' for candidate in words)}"
    return ""


def one_of(words: Iterable[object]) -> str:
    """Return `a, b or c`."""
    shown = [word if isinstance(word, str) else str(word).lower() for word in words]
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else "nothing"


def quote_it(value: object, expected: str) -> str:
    """Return how a bare word or number of YAML becomes the text that was expected, else nothing."""
    if expected != "text" or not isinstance(value, bool | int | float):
        return ""
    return f': quote it, "{shown(value)}"'


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and without the inside of lists and objects."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
