"""Luxon's methods on `Date` objects, which people call on either."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.luxon import methods as luxon
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.luxon.zones import own_zone
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import Native, Value

_SHARED: Final = (
    "beginningOf", "diff", "endOf", "extract", "format", "isBetween", "isInLast", "isWeekend", "minus", "plus",
    "startOf", "toFormat", "toISO", "toISODate", "toMillis", "toUTC",
)  # fmt: skip


def _on_date(method: Native) -> Native:
    most = method.__code__.co_argcount - 2

    def call(scope: Scope, date: JsDate, *args: Value) -> Value:
        return method(scope, DateTime(date.ms, own_zone(scope)), *args[:most])

    return call


def to_date_time(scope: Scope, date: JsDate) -> DateTime:
    """`toDateTime`."""
    return DateTime(date.ms, own_zone(scope))


DATES: Final[dict[str, Native]] = {
    **{name: _on_date(luxon.TIMES[name]) for name in _SHARED},
    "toDateTime": to_date_time,
}
