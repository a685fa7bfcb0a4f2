"""Truthiness as JavaScript has it."""

from __future__ import annotations

from math import isnan


def truthy(value: object) -> bool:
    """Return what `Boolean(value)` is.

    Empty lists and objects are true; 0, NaN, "" and null are false.
    """
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is dict or kind is list:
        return True
    if isinstance(value, float) and isnan(value):
        return False
    return bool(value)
