"""Methods that JavaScript lacks and people's expressions use."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.values import Native

ARRAYS: Final[dict[str, Native]] = {}
STRINGS: Final[dict[str, Native]] = {}
NUMBERS: Final[dict[str, Native]] = {}
BOOLEANS: Final[dict[str, Native]] = {}
OBJECTS: Final[dict[str, Native]] = {}
NOTHING: Final[dict[type, dict[str, Native]]] = {}
