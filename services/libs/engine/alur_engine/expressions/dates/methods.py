"""`Date.prototype`."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import Native


def get_time(_scope: Scope, date: JsDate) -> float:
    """`getTime`."""
    return date.ms


METHODS: Final[dict[str, Native]] = {"getTime": get_time, "valueOf": get_time}
