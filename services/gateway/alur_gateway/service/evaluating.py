"""Evaluating one template for the editor's preview: here what compiles, in an executor's jail what does not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from alur_common.clock import Clock
from alur_common.previews import Preview
from alur_gateway.domain.errors import EvaluationError
from alur_gateway.ports import Previews
from alur_sdk.errors import AlurError, ExpressionError, LimitedError, LimitError, Problem
from alur_sdk.items import Json

if TYPE_CHECKING:
    from alur_engine.expressions import Evaluator, Jailed
    from alur_engine.expressions.jailed import Foreseen

STEPS = 100_000
BYTES = 8 * 1024 * 1024
"""What one preview may use: it runs between requests, so it must be over soon."""
MINUTE: Final = 60.0
MOST_A_MINUTE: Final = 120
"""Expressions that a tenant may try in the jail: each takes a process of an executor."""
_KEPT_TENANTS: Final = 10_000
_PASSING: Final = frozenset({"unavailable", "rate-limited", "deadline"})


class Evaluating:
    """Evaluates what people are still writing."""

    def __init__(self, previews: Previews, clock: Clock) -> None:
        self._previews = previews
        self._clock = clock
        self._budget = _Budget()

    async def evaluate(self, tenant: str, expression: str, data: Mapping[str, Any]) -> Json:
        """Return the value of a template such as `{{ $json.a }}` on data that the caller sent.

        `data` is a sample (see `alur_engine.expressions.sampling`); nothing is read from anywhere else. Raises
        `EvaluationError` with the column, `LimitedError` when the tenant tries too many in the jail, and
        `UnavailableError` when no executor is within reach.
        """
        from alur_engine.expressions import (  # noqa: PLC0415  # the parser takes its time, and few processes need it
            CompiledSubset,
            Evaluator,
            JailedJavaScript,
            Limits,
        )
        from alur_engine.expressions.sampling import scope_of  # noqa: PLC0415  # as above

        evaluator = Evaluator((CompiledSubset(), JailedJavaScript()), Limits(STEPS, BYTES))
        now = self._clock.now()
        try:
            template = evaluator.template(expression)
            scope = scope_of(data, now)
            jailed = _jailed(expression, evaluator)
            if jailed:
                scope.foreseen = await self._foreseen(tenant, jailed, data, now)
            return template(scope)
        except (ExpressionError, LimitError) as error:
            raise _told(error) from error

    async def _foreseen(
        self, tenant: str, jailed: list[Jailed], data: Mapping[str, Any], now: float
    ) -> Foreseen:
        from alur_engine.expressions.jailed import outcome_of  # noqa: PLC0415  # as above

        self._budget.spend(tenant, self._clock.monotonic())
        scripts = [(each.script, each.changes) for each in jailed]
        try:
            told = await self._previews.preview(tenant, Preview(scripts, dict(data), now))
        except AlurError as error:
            if error.code in _PASSING:
                raise
            raise _told(error, _NEEDS_JAIL if error.code == "no-jail" else "") from error
        outcomes = dict(zip((each.source for each in jailed), told, strict=True))
        return lambda source, _: outcome_of(outcomes[source])


_NEEDS_JAIL = "this is more than the compiler takes, so it runs in the jail, and there is none: "


def _jailed(expression: str, evaluator: Evaluator) -> list[Jailed]:
    """Return the expressions of a text that the compiler leaves to the jail, each once."""
    from alur_engine.expressions import Jailed  # noqa: PLC0415  # as above
    from alur_engine.expressions.template import parts_of  # noqa: PLC0415  # as above

    sources = {part.text for part in parts_of(expression) if part.is_expression}
    compiled = [evaluator.compile(source) for source in sorted(sources)]
    return [each for each in compiled if isinstance(each, Jailed)]


def _told(error: AlurError, before: str = "") -> EvaluationError:
    offset = error.details.get("offset")
    place = "" if offset is None else f"column {offset + 1}: "
    problem = Problem("expression", error.code, f"{place}{before}{error.message}")
    return EvaluationError(problem.message, [problem])


class _Budget:
    """How many each tenant may try, by the minute in which it began."""

    def __init__(self) -> None:
        self._spent: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, tenant: str, now: float) -> None:
        """Count one, or raise `LimitedError`."""
        began, count = self._spent.get(tenant, (now, 0))
        if now - began >= MINUTE:
            began, count = now, 0
        if count >= MOST_A_MINUTE:
            raise LimitedError(
                f"at most {MOST_A_MINUTE} expressions a minute are tried in the jail",
                began + MINUTE - now,
            )
        self._spent[tenant] = began, count + 1
        self._spent.move_to_end(tenant)
        if len(self._spent) > _KEPT_TENANTS:
            self._spent.popitem(last=False)
