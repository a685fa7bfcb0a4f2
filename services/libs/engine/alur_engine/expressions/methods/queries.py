"""`$jmespath`: queries of data, by the library `jmespath`, with every step of them charged."""

from __future__ import annotations

from typing import Any, Final

from jmespath import exceptions, parser, visitor  # type: ignore[import-untyped]  # it has no types

from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.limits import spend_bytes, spend_slots, spend_steps
from alur_engine.expressions.outcome import to_json
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError, LimitError

_LONGEST: Final = 4_096
_SHARING: Final = frozenset({"multi_select_list", "multi_select_dict"})
"""What holds the same value several times, so that a short query makes a value without end of a small one."""


class _Charged(visitor.TreeInterpreter):  # type: ignore[misc]  # it has no types
    """Goes through a query as the library does, and charges what each part of it makes."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope
        self._weights: dict[int, tuple[Value, int]] = {}

    def visit(self, node: dict[str, Any], *args: Value, **kwargs: Value) -> Value:
        spend_steps(self._scope, 1)
        value = super().visit(node, *args, **kwargs)
        if node["type"] in _SHARING:
            spend_bytes(self._scope, self._weight(value))
        if isinstance(value, list):
            spend_slots(self._scope, len(value))
        elif isinstance(value, str):
            spend_bytes(self._scope, len(value))
        return value

    def _weight(self, value: Value) -> int:
        """Return about how many bytes a value has when it is written out; each object and list is gone through once."""
        if isinstance(value, str):
            return len(value) + 1
        if not isinstance(value, dict | list):
            return 1
        known = self._weights.get(id(value))
        if known is None:
            members = value.values() if isinstance(value, dict) else value
            names = sum(map(len, value)) if isinstance(value, dict) else 0
            weight = 1 + names + sum(map(self._weight, members))
            # The value is kept beside its weight: another must not come to stand at its address.
            known = self._weights[id(value)] = (value, weight)
        return known[1]


def answer(scope: Scope, data: Value, query: Value) -> Value:
    """Return what the query finds in data, `null` for nothing; raises for what is no query."""
    text = to_js_string(query)
    if len(text) > _LONGEST:
        raise LimitError(f"a query has at most {_LONGEST} characters")
    if data is UNDEFINED:
        return None
    try:
        parsed = parser.Parser().parse(text).parsed
        return _Charged(scope).visit(parsed, to_json(data))
    except exceptions.JMESPathError as error:
        raise ExpressionError(f"$jmespath: {error}", kind="Error") from error
