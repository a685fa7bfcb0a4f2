"""Answers JavaScript that asks for what this package knows: helpers, `DateTime`, local formats.

It runs beside QuickJS in the jail, so that both engines share one implementation. Requests and
answers are JSON: a value is itself, or an object with one of the keys that begin with `$`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Final

from alur_engine.expressions.dates.functions import new_date
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.limits import CALL_DEPTH, Limits
from alur_engine.expressions.luxon.value import now, today
from alur_engine.expressions.methods.date_helpers import DATES
from alur_engine.expressions.methods.standard import FUNCTIONS, KINDS
from alur_engine.expressions.methods.tables import HELPERS, find_method
from alur_engine.expressions.problems import not_a_function
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Json, Special, Value
from alur_sdk.errors import AlurError

HANDLE, DATE, NOTHING, NUMBER, METHOD = "$handle", "$date", "$undefined", "$number", "$method"
OWN_FUNCTIONS: Final = ("$if", "$ifEmpty", "$max", "$min", "$not")
OWN_KINDS: Final = ("DateTime", "Duration")


def names() -> dict[str, list[str]]:
    """Return what JavaScript is to define: functions, kinds with statics, and names of helpers."""
    helpers = sorted({name for each in HELPERS.values() for name in each})
    return {
        "functions": list(OWN_FUNCTIONS),
        "kinds": list(OWN_KINDS),
        "helpers": helpers,
        "dates": sorted(DATES),
    }


class Bridge:
    """Answers for one run; values that are no JSON stay here under a number."""

    def __init__(self, now_ms: float, time_zone: str) -> None:
        self._scope = Scope(now_ms=now_ms, time_zone=time_zone)
        self._limits = Limits()
        self._kept: list[Value] = []
        self._ways: Mapping[str, Callable[[dict[str, Json]], Value]] = {
            "call": self._call,
            "read": self._read,
            "static": self._static,
            "function": lambda asked: self._native(FUNCTIONS[asked["name"]], asked),
            "text": lambda asked: asked["self"].js_string(),
            "number": lambda asked: asked["self"].js_number(),
            "json": lambda asked: asked["self"].js_json(),
            "date": lambda asked: new_date(self._scope, *asked["args"]),
            "now": lambda _asked: now(self._scope),
            "today": lambda _asked: today(self._scope),
        }

    def answer(self, text: str) -> str:
        """Return `{value}`, or `{error: {type, message}}`."""
        scope = self._scope
        scope.steps_left, scope.bytes_left = self._limits.steps, self._limits.bytes
        scope.depth_left = CALL_DEPTH
        try:
            asked = json.loads(text, object_hook=self._decoded)
            value = self._ways[asked["way"]](asked)
            return json.dumps({"value": self._encoded(value)})
        except AlurError as error:
            kind = error.details.get("kind", "Error")
            return json.dumps({"error": {"type": kind, "message": error.message}})

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

    def _read(self, asked: dict[str, Json]) -> Value:
        """Return a member of a value that is kept here; a method is told, to be called."""
        receiver, name = asked["self"], asked["name"]
        value = receiver.read(name)
        if value is UNDEFINED and find_method(type(receiver), name) is not None:
            return {METHOD: True}
        return value

    def _static(self, asked: dict[str, Json]) -> Value:
        member = KINDS[asked["kind"]].get(asked["name"], UNDEFINED)
        if not callable(member):
            return member
        return self._native(member, asked) if asked.get("is_called") else {METHOD: True}

    def _decoded(self, value: dict[str, Json]) -> Value:
        if HANDLE in value:
            return self._kept[value[HANDLE]]
        if DATE in value:
            ms = math.nan if value[DATE] is None else value[DATE]
            return JsDate(ms, self._scope.time_zone)
        if NUMBER in value:
            return float(value[NUMBER])
        return UNDEFINED if NOTHING in value else value

    def _encoded(self, value: Value) -> Json:
        if value is UNDEFINED:
            return {NOTHING: True}
        if isinstance(value, JsDate):
            return {DATE: value.ms if math.isfinite(value.ms) else None}
        if isinstance(value, Special):
            self._kept.append(value)
            return {HANDLE: len(self._kept) - 1}
        if isinstance(value, float) and not math.isfinite(value):
            return {NUMBER: str(value)}
        if isinstance(value, Mapping):
            return {name: self._encoded(member) for name, member in value.items()}
        return [self._encoded(each) for each in value] if isinstance(value, list) else value
