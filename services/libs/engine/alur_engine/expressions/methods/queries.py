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


class _Charged(visitor.TreeInterpreter):  # type: ignore[misc]  # it has no types
    """Goes through a query as the library does, and charges what each part of it makes."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def visit(self, node: dict[str, Any], *args: Value, **kwargs: Value) -> Value:
        spend_steps(self._scope, 1)
        value = super().visit(node, *args, **kwargs)
        if isinstance(value, list):
            spend_slots(self._scope, len(value))
        elif isinstance(value, str):
            spend_bytes(self._scope, len(value))
        return value


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
