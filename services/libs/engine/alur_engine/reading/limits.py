"""What no document may hold, whatever its form."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import isfinite
from typing import TypeAlias

from alur_sdk.errors import Problem

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 200
MAX_VALUES = 1_000_000
"""Values in one document, aliases expanded: what a million nodes would need, not what a workflow needs."""
MAX_REPORTED = 100
_LONGEST_KEY = 200
"""Of a path, in characters: as many members may have it before their own name as there are values."""
_LARGEST = 2**64
_SMALLEST = -(2**63)
Container = dict[object, object] | list[object]
_Place: TypeAlias = "tuple[_Place, str | int] | None"
"""A path not written yet: what is before its last key, and that key."""


class RepeatedKeys(dict[object, object]):
    """An object in whose text a key stood more than once; `repeated` names those keys."""

    repeated: tuple[str, ...] = ()


def child_path(path: str, key: str | int) -> str:
    """Return the path of a member: `spec.nodes[2].name`; keys that are no plain words are quoted, very long ones cut."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if len(key) > _LONGEST_KEY:
        key = f"{key[:_LONGEST_KEY]}…"
    if not key or any(character in key for character in '.[]" \n'):
        quoted = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{key}" if path else key


def unfit_values(value: object) -> list[Problem]:
    """Return what keeps a value from being a plain JSON document: its own types, numbers, text, keys and depth.

    Works without recursion, so that depth cannot end the process. Stops at the first hundred problems.
    """
    problems: list[Problem] = []
    if _is_fit(value):
        return problems
    for problem in _walk(value):
        problems.append(problem)
        if len(problems) >= MAX_REPORTED:
            break
    return problems


def _is_fit(root: object) -> bool:
    """Tell quickly, without paths, whether there is nothing to find."""
    level: list[object] = [root]
    seen = 0
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for value in level:
            if type(value) is dict:
                if not all(type(key) is str and (key.isascii() or _is_text(key)) for key in value):
                    return False
                below += value.values()
            elif type(value) is list:
                below += value
            elif _scalar_problem(value):
                return False
        seen += len(level)
        if not below or seen + len(below) > MAX_VALUES:
            return not below
        level = below
    return False


def _walk(root: object) -> Iterator[Problem]:
    waiting: list[tuple[object, _Place, int]] = [(root, None, 0)]
    seen = 0
    while waiting:
        value, place, depth = waiting.pop()
        seen += 1
        if seen > MAX_VALUES:
            yield Problem("", "too-large", f"more than {MAX_VALUES} values in one document")
            return
        if isinstance(value, dict | list):
            if depth >= MAX_DEPTH:
                shown = _path(place)[:80]
                yield Problem(shown, "too-deep", f"nested more than {MAX_DEPTH} deep")
                continue
            yield from _keys(value, place)
            waiting += _members(value, place, depth + 1)
        elif reason := _scalar_problem(value):
            yield Problem(_path(place), "value", reason)


def _path(place: _Place) -> str:
    keys: list[str | int] = []
    while place is not None:
        place, key = place
        keys.append(key)
    return reduce(child_path, reversed(keys), "")


def _keys(value: Container, place: _Place) -> Iterator[Problem]:
    if isinstance(value, RepeatedKeys):
        for key in value.repeated:
            path = _path((place, key))
            yield Problem(path, "duplicate-key", f"the key {key!r} stands here twice")
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str):
                message = f"the key {name!r} is not text: put it in quotes"
                yield Problem(_path(place), "key", message)
            elif not name.isascii() and not _is_text(name):
                yield Problem(_path(place), "value", "a key holds half of a UTF-16 surrogate pair")


def _members(value: Container, place: _Place, depth: int) -> list[tuple[object, _Place, int]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    members: list[tuple[object, _Place, int]]
    members = [(v, (place, k), depth) for k, v in pairs if isinstance(k, str | int)]
    members.reverse()
    return members


def _scalar_problem(value: object) -> str | None:
    reason: str | None = None
    if isinstance(value, str):
        if not value.isascii() and not _is_text(value):
            reason = "the text holds half of a UTF-16 surrogate pair"
    elif isinstance(value, int):
        if not _SMALLEST <= value < _LARGEST:
            reason = "a number beyond 64 bits: write it as text"
    elif isinstance(value, float):
        reason = None if isfinite(value) else "NaN and Infinity are no JSON numbers"
    elif value is not None:
        reason = f"a {type(value).__name__} is no JSON value"
    return reason


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
