"""What leaves an evaluation: plain JSON values, as `JSON.stringify` would write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.numbers import MAX_SAFE, to_double
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.text import to_well_formed
from alur_engine.expressions.values import UNDEFINED, Json, Special, Value
from alur_sdk.errors import ByteLimitError, DepthLimitError, StepLimitError

_DEEPEST: Final = 512
_MOST: Final = 1_000_000
"""As many as code may return."""
_MOST_TEXT: Final = 64 * 1024 * 1024
"""All texts of one value together: one that it holds many times over counts as often as it is written out."""


def to_json(value: Value) -> Json:
    """Return `value` as JSON: NaN is `null`, a date is text, `undefined` is `null` or left out.

    What is JSON already is returned as it is, not copied.
    """
    kind = type(value)
    if kind is str:
        return value if value.isascii() else to_well_formed(value)
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if -MAX_SAFE <= value <= MAX_SAFE else _tidy(to_double(value))
    if kind is float:
        return _tidy(value)
    try:
        return _nested(value, 0, [_MOST, _MOST_TEXT])
    except RecursionError as error:
        raise DepthLimitError("The value of the expression is nested too deeply") from error


def _tidy(number: float) -> Json:
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and -MAX_SAFE <= number <= MAX_SAFE else number


def _nested(value: Value, depth: int, left: list[int]) -> Json:
    """Return an object or list as JSON; `left` is how many values may still come, and how much text."""
    if depth > _DEEPEST:
        raise DepthLimitError("The value of the expression is nested too deeply, or within itself")
    if isinstance(value, Special):
        value = value.js_json()
        return (
            to_json(value)
            if not isinstance(value, (dict, list))
            else _nested(value, depth + 1, left)
        )
    if isinstance(value, list):
        return _list(value, depth, left)
    if isinstance(value, Mapping):
        return _mapping(value, depth, left)
    if value is UNDEFINED:
        return None
    raise type_error("The value of the expression is no JSON")


def _too_many() -> StepLimitError:
    """Return the refusal of what holds the same many times over: written out, it would have no end."""
    return StepLimitError(f"The value of the expression has more than {_MOST} values")


def _is_done(value: Value, left: list[int]) -> bool:
    kind = type(value)
    if kind is str:
        left[1] -= len(value)
        if left[1] < 0:
            raise ByteLimitError("The texts of the expression's value come to more than 64 MiB")
        return bool(value.isascii())
    return kind is bool or value is None or (kind is int and abs(value) <= MAX_SAFE)


def _list(values: list[Value], depth: int, left: list[int]) -> Json:
    left[0] -= len(values)
    if left[0] < 0:
        raise _too_many()
    changed: list[Json] | None = None if type(values) is list else list(values)
    for index, value in enumerate(values):
        if _is_done(value, left):
            continue
        made = _inner(value, depth, left)
        made = None if made is UNDEFINED else made
        if made is not value:
            changed = list(values) if changed is None else changed
            changed[index] = made
    return values if changed is None else changed


def _mapping(holder: Mapping[str, Value], depth: int, left: list[int]) -> Json:
    left[0] -= len(holder)
    if left[0] < 0:
        raise _too_many()
    changed: dict[str, Json] | None = None if type(holder) is dict else dict(holder)
    for key, value in holder.items():
        if _is_done(value, left):
            continue
        made = _inner(value, depth, left)
        if made is value and made is not UNDEFINED:
            continue
        changed = dict(holder) if changed is None else changed
        if made is UNDEFINED:
            del changed[key]
        else:
            changed[key] = made
    return holder if changed is None else changed


def _inner(value: Value, depth: int, left: list[int]) -> Json:
    """Return a member as JSON, `UNDEFINED` when it is to be left out."""
    kind = type(value)
    if kind is float or kind is int or kind is str:
        return to_json(value)
    if value is UNDEFINED:
        return UNDEFINED
    if isinstance(value, Special):
        value = value.js_json()
        if value is UNDEFINED:
            return UNDEFINED
        return (
            _nested(value, depth + 1, left) if isinstance(value, (dict, list)) else to_json(value)
        )
    return _nested(value, depth + 1, left)
