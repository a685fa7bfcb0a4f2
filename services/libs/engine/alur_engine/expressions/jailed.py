"""The second engine: any other JavaScript expression, run by QuickJS in the jail.

Nothing is run here. All such expressions of a node run are evaluated for all its items at once,
before the node starts; an evaluation then looks its outcome up in the scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from alur_engine.expressions.limits import Limits
from alur_engine.expressions.outcome import to_json
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Json, Value
from alur_sdk.errors import ExpressionError

_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})
"""Those that JSON has no way to write."""
Foreseen: TypeAlias = Callable[[str, int], Value]
"""Gives the outcome of an expression for the item at an index, or raises what it threw."""


@dataclass(frozen=True, slots=True)
class Jailed:
    """An expression for the jail: `script` is what runs there, `changes` that it may change data."""

    source: str
    script: str
    changes: bool
    references: frozenset[str]

    def __call__(self, scope: Scope) -> Json:
        value = self.raw(scope)
        return value if value is UNDEFINED else to_json(value)

    def raw(self, scope: Scope) -> Value:
        """Return the outcome that was foreseen."""
        if scope.foreseen is None:
            raise ExpressionError(
                "this expression is not compiled: it runs in the jail, with its workflow, and not here"
            )
        return scope.foreseen(self.source, scope.index)


def outcome_of(told: Json) -> Value:
    """Return the value that the jail tells of, or raise `ExpressionError` with what was thrown there, or when it tells of nothing.

    What ran there may have changed JavaScript itself, so that anything may be told.
    """
    match told:
        case [0, value]:
            return value
        case [1]:
            return UNDEFINED
        case [2, str(number)] if number in _NUMBERS:
            return float(number)
        case [3, str(kind), str(message)]:
            raise ExpressionError(message, kind=kind)
    raise ExpressionError(
        "its outcome cannot be read: an expression of this node changes what JavaScript itself is made of"
    )


class JailedJavaScript:
    """Takes every JavaScript expression that names nothing unknown."""

    def compile(self, source: str, limits: Limits) -> Jailed:
        """Prepare one expression for the jail; raises as `Engine` says."""
        del limits
        from alur_engine.expressions.compiler.scripts import script_of  # noqa: PLC0415  loads the grammar

        return Jailed(source, *script_of(source))


def helped(code: str) -> str:
    """Return JavaScript code of a user such that its calls of helpers, like `list.first()`, find them."""
    from alur_engine.expressions.compiler import scripts  # noqa: PLC0415  loads the grammar

    return scripts.helped(code)
