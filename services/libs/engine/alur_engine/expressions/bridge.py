"""Answers JavaScript that asks for what this package knows: helpers, `DateTime`, local formats.

It runs beside QuickJS in the jail, so that both engines share one implementation. Requests and
answers are JSON: a value is itself, or an object with one of the keys below. Data may hold such keys too: an
object with a key that begins as they do is written as a list of pairs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Final

from alur_engine.expressions.dates.functions import new_date
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.intl import values as intl
from alur_engine.expressions.limits import CALL_DEPTH, Limits
from alur_engine.expressions.luxon import duration, interval
from alur_engine.expressions.luxon import value as luxon
from alur_engine.expressions.luxon.duration import Duration
from alur_engine.expressions.luxon.interval import Interval
from alur_engine.expressions.luxon.value import DateTime, now, today
from alur_engine.expressions.methods.date_helpers import DATES
from alur_engine.expressions.methods.specials import METHODS
from alur_engine.expressions.methods.standard import FUNCTIONS, KINDS
from alur_engine.expressions.methods.tables import CALLED_AND_READ, HELPERS, find_method
from alur_engine.expressions.problems import not_a_function
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Json, Special, Value
from alur_sdk.errors import AlurError

MARK = "\0"
HANDLE, KIND, DATE, NOTHING, NUMBER, PAIRS = (
    f"{MARK}{name}" for name in ("handle", "kind", "date", "undefined", "number", "pairs")
)
OWN_FUNCTIONS: Final = ("$if", "$ifEmpty", "$jmespath", "$max", "$min", "$not")
_PROPERTIES: Final[Mapping[type[Special], tuple[str, ...]]] = {
    DateTime: luxon.PROPERTIES, Duration: duration.PROPERTIES, Interval: interval.PROPERTIES,
}  # fmt: skip


def names() -> dict[str, Json]:
    """Return what JavaScript is to define: functions, classes with their members, names of helpers."""
    helpers = {name for each in HELPERS.values() for name in each}
    return {
        "functions": list(OWN_FUNCTIONS),
        "classes": {kind.__name__: _members(kind) for kind in _PROPERTIES},
        "intl": list(intl.MAKERS),
        "callable": list(intl.CALLABLE),
        "helpers": sorted(helpers | CALLED_AND_READ),
        "dates": sorted(DATES),
    }


def _members(kind: type[Special]) -> dict[str, Json]:
    statics = KINDS[kind.__name__]
    return {
        "methods": sorted(METHODS[kind]),
        "properties": list(_PROPERTIES[kind]),
        "statics": [name for name, member in statics.items() if callable(member)],
        "values": {name: member for name, member in statics.items() if not callable(member)},
    }


class Bridge:
    """Answers for one run; values that are no JSON stay here under a number."""

    def __init__(self, now_ms: int, time_zone: str) -> None:
        self._scope = Scope(now_ms=now_ms, time_zone=time_zone)
        self._limits = Limits()
        self._kept: list[Value] = []
        self._ways: Mapping[str, Callable[[dict[str, Json]], Value]] = {
            "call": self._call,
            "read": lambda asked: asked["self"].read(asked["name"]),
            "static": lambda asked: self._native(KINDS[asked["kind"]][asked["name"]], asked),
            "function": lambda asked: self._native(FUNCTIONS[asked["name"]], asked),
            "intl": lambda asked: self._native(intl.MAKERS[asked["name"]], asked),
            "date": lambda asked: new_date(self._scope, *asked["args"]),
            "now": lambda _asked: now(self._scope),
            "today": lambda _asked: today(self._scope),
        }

    def answer(self, text: str) -> str:
        """Return `{value}`, or `{error: {type, message}}`. A request is `{way, args, …}`.

        Whatever code passes, such as a prototype in the place of a date, fails in JavaScript's words: no stack of ours gets out.
        """
        scope = self._scope
        scope.steps_left, scope.bytes_left = self._limits.steps, self._limits.bytes
        scope.depth_left = CALL_DEPTH
        try:
            asked = json.loads(text, object_hook=self._decoded)
            value = self._ways[asked["way"]](asked)
            return json.dumps({"value": self._encoded(value)})
        except AlurError as error:
            return _failure(error.details.get("kind", "Error"), error.message)
        except RecursionError:
            return _failure("RangeError", "the value is nested too deeply")
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  # the border of foreign code
            return _failure("TypeError", "this is called on, or with, a value that it is not for")

    def _native(self, native: Callable[..., Value], asked: dict[str, Json], *first: Value) -> Value:
        code = native.__code__
        arguments = [*first, *asked["args"]]
        if not code.co_flags & 0x04:
            arguments = arguments[: code.co_argcount - 1]
        return native(self._scope, *arguments)

    def _call(self, asked: dict[str, Json]) -> Value:
        receiver, name = asked["self"], asked["name"]
        method = find_method(type(receiver), name)
        if method is None:
            raise not_a_function(name)
        return self._native(method, asked, receiver)

    def _decoded(self, value: dict[str, Json]) -> Value:
        if HANDLE in value:
            return self._kept[value[HANDLE]]
        if DATE in value:
            ms = math.nan if value[DATE] is None else value[DATE]
            return JsDate(ms, self._scope.time_zone)
        if NUMBER in value:
            return float(value[NUMBER])
        if PAIRS in value:
            return dict(value[PAIRS])
        return UNDEFINED if NOTHING in value else value

    def _encoded(self, value: Value) -> Json:
        if value is UNDEFINED:
            return {NOTHING: True}
        if isinstance(value, JsDate):
            return {DATE: value.ms if math.isfinite(value.ms) else None}
        if isinstance(value, Special):
            self._kept.append(value)
            return {HANDLE: len(self._kept) - 1, KIND: _kind_of(value)}
        if isinstance(value, float) and not math.isfinite(value):
            return {NUMBER: str(value)}
        if isinstance(value, Mapping):
            members = [(name, self._encoded(member)) for name, member in value.items()]
            is_like_ours = any(name.startswith(MARK) for name, _ in members)
            return {PAIRS: members} if is_like_ours else dict(members)
        return [self._encoded(each) for each in value] if isinstance(value, list) else value


def _kind_of(value: Special) -> str:
    return value.kind_name if isinstance(value, intl.Formatter) else type(value).__name__


def _failure(kind: str, message: str) -> str:
    return json.dumps({"error": {"type": kind, "message": message}})
