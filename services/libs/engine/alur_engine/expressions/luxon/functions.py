"""The static members of `DateTime` and `Duration`."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.dates.parsing import parse_time
from alur_engine.expressions.luxon.value import DateTime, now
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value


def not_callable(_scope: Scope) -> Value:
    """`DateTime()`, which Luxon's class refuses."""
    raise type_error("Class constructor cannot be invoked without 'new'")


def from_iso(scope: Scope, text: Value = UNDEFINED, _options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromISO`."""
    return DateTime(parse_time(to_js_string(text), scope.time_zone), scope.time_zone, "unparsable")


def from_millis(scope: Scope, ms: Value = UNDEFINED, _options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromMillis`."""
    return DateTime(to_number(ms), scope.time_zone)


DATETIME: Final[dict[str, Value]] = {"now": now, "fromISO": from_iso, "fromMillis": from_millis}
DURATION: Final[dict[str, Value]] = {}
