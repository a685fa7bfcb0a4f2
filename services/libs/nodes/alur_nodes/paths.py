"""Paths into JSON: `price.total`, `lines[0].sku`, `["a.b"].c`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from alur_sdk import Json, Permanent

Steps = tuple[str | int, ...]

MAX_LENGTH = 1_000
MAX_INDEX = 10_000
MAX_FILLED = 100_000
"""Places of lists that the paths of one item may fill with null."""
_STEP = re.compile(
    r"""(?P<dot>\.)?(?:(?P<name>[^.\[\]"']+)|\[(?P<index>\d{1,9})\]|\[(?P<quote>["'])(?P<quoted>.*?)(?P=quote)\])"""
)


class Missing:
    """The type of `MISSING`."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()
"""What `value_at` finds where nothing is; never part of a JSON value."""


class PathError(Permanent, ValueError):
    """A text is no path. A `ValueError` too, so that validation tells of it as of any fault."""

    code = "bad-parameter"


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Steps:
    """Return the steps of a path: names as strings, places in lists as numbers.

    Raises `PathError` on anything else, and on a path that is too long or does not begin with a name.
    """
    if len(text) > MAX_LENGTH:
        raise PathError(f"{text[:80]!r}… is too long: a path may have {MAX_LENGTH} characters")
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or not _joins(match, first=not steps):
            raise PathError(f"{text[:80]!r} is no path such as `price.total` or `lines[0].sku`")
        index = match["index"]
        name = match["name"] if match["quoted"] is None else match["quoted"]
        steps.append(name if index is None else int(index))
        at = match.end()
    if not steps or isinstance(steps[0], int):
        raise PathError(f"{text[:80]!r} is no path: it must begin with a name")
    return tuple(steps)


def _joins(match: re.Match[str], *, first: bool) -> bool:
    """A name follows a dot unless it comes first; a bracket never does."""
    return bool(match["dot"]) == (match["name"] is not None and not first)


def _checked(text: str) -> str:
    parse_path(text)
    return text


_QUOTED = r"""\[(?:"[^"]*"|'[^']*')\]"""
_NAME = r"""[^.\[\]"']+"""
PATTERN = rf"^(?:{_NAME}|{_QUOTED})(?:\.{_NAME}|\[\d{{1,9}}\]|{_QUOTED})*$"
"""What `parse_path` reads, for validators that cannot call it."""

Path = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_LENGTH),
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "format": "path",
            "pattern": PATTERN,
            "minLength": 1,
            "maxLength": MAX_LENGTH,
        }
    ),
]
"""A path, checked and kept as written."""


def value_at(json: Json, path: str) -> Json:
    """Return what is at the path, or `MISSING`."""
    value = json
    for step in parse_path(path):
        value = _child(value, step)
        if value is MISSING:
            return MISSING
    return value


def _child(value: Json, step: str | int) -> Json:
    if type(value) is dict:
        return value.get(str(step), MISSING)
    if type(value) is list:
        index = _index(step)
        return value[index] if index is not None and index < len(value) else MISSING
    return MISSING


def _index(step: str | int) -> int | None:
    if isinstance(step, int):
        return step
    return int(step) if step.isdecimal() and step.isascii() and len(step) <= len("10000") else None


def put(fresh: dict[str, Json], path: str, value: Json) -> int:
    """Set the value at the path in `fresh`, a new object that nobody else sees; return how many places it filled with null.

    What lies deeper is copied along the path and never changed, since others may see it. What
    is absent, or holds neither object nor list, becomes an object, or a list before an index.
    Raises `Permanent` for a name within a list and for indices that are far too large.
    """
    steps = parse_path(path)
    parent: dict[str, Json] | list[Json] = fresh
    room = MAX_INDEX
    for step, following in pairwise(steps):
        child = _copied(_child(parent, step), following)
        room -= _assign(parent, step, child, path, room)
        parent = child
    return MAX_INDEX - room + _assign(parent, steps[-1], value, path, room)


def _copied(value: Json, following: str | int) -> dict[str, Json] | list[Json]:
    if type(value) is dict or type(value) is list:
        return value.copy()
    return [] if isinstance(following, int) else {}


def _assign(
    parent: dict[str, Json] | list[Json], step: str | int, value: Json, path: str, room: int
) -> int:
    """Set it, and return how many places before it were filled: no more than there is `room` for."""
    if isinstance(parent, dict):
        parent[str(step)] = value
        return 0
    index = _index(step)
    if index is None:
        raise Permanent(
            f"`{path}` names `{step}` within a list: use an index such as [0]", code="bad-data"
        )
    filled = max(index - len(parent), 0)
    if index > MAX_INDEX or filled > room:
        raise Permanent(
            f"`{path}`: an index may be {MAX_INDEX} at most, and so many places may be empty before all of its indices",
            code="bad-parameter",
        )
    parent.extend([None] * (index + 1 - len(parent)))
    parent[index] = value
    return filled


def without(json: dict[str, Json], path: str) -> dict[str, Json]:
    """Return the object without what is at the path, copied along the path only."""
    steps = parse_path(path)
    if value_at(json, path) is MISSING:
        return json
    fresh = dict(json)
    parent: dict[str, Json] | list[Json] = fresh
    for step, following in pairwise(steps):
        child = _copied(_child(parent, step), following)
        _assign(parent, step, child, path, 0)
        parent = child
    if isinstance(parent, dict):
        parent.pop(str(steps[-1]), None)
    else:
        del parent[_index(steps[-1]) or 0]
    return fresh


def picked(json: dict[str, Json], paths: Iterable[str]) -> dict[str, Json]:
    """Return a new object with what is at these paths, and nothing where nothing is."""
    fresh: dict[str, Json] = {}
    for path in paths:
        value = value_at(json, path)
        if value is not MISSING:
            put(fresh, path, value)
    return fresh
