"""How long JSON becomes, told before it is written: values may hold one text or list many times over."""

from __future__ import annotations

from typing import Any, Final

from alur_sdk.items import Json

_LEAST: Final = 2
"""What a value takes at the least, with the comma after it."""
_HOLDER: Final = 16
"""What a list or an object is counted as besides: four million of them are too many as well."""


def is_longer(value: Json, most: int) -> bool:
    """Whether the JSON of a list or an object is surely longer than that, in bytes, or made of too many of them.

    It costs about a microsecond an item, and counts what is written at the least; it ends where the count does,
    however often a value holds one and the same thing.
    """
    left = most
    waiting: list[Any] = [value]
    for holder in waiting:
        left -= _LEAST * len(holder)
        values = holder
        if type(holder) is dict:
            values = holder.values()
            for name in holder:  # a fifth quicker than a sum: most objects have few names
                left -= len(name)
        for each in values:
            kind = type(each)
            if kind is str:
                left -= len(each)
            elif kind is dict or kind is list:
                left -= _HOLDER
                waiting.append(each)
        if left < 0:
            return True
    return False
