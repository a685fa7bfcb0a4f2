"""Foreseeing: what the expressions of a node run that need the jail come to, in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from alur_engine.expressions import UNDEFINED, Jailed, Json, Value
from alur_engine.expressions.jailed import Foreseen
from alur_engine.views import shown
from alur_executor.ports import Jail
from alur_executor.service.coding import Answers
from alur_jail import Ears, RunLimits
from alur_sdk.errors import AlurError, ExpressionError, Permanent
from alur_sdk.items import Item

LIMITS: Final = RunLimits(5.0, 64 * 1024 * 1024)
"""What all expressions of a node run may use together."""
_VALUE, _UNDEFINED, _NUMBER = 0, 1, 2


async def foresee(
    jail: Jail,
    tenant: str,
    expressions: Sequence[Jailed],
    items: Sequence[Item],
    answers: Answers,
    *,
    count: int,
) -> Foreseen:
    """Return what gives each outcome for the first `count` items.

    Where the jail refuses, each that is asked for is that refusal.
    """
    scope = answers.at(0)
    request = {
        "sources": [{"script": each.script, "changes": each.changes} for each in expressions],
        "items": [shown(item) for item in items],
        "indexes": list(range(count)),
        "now_ms": scope.now_ms,
        "time_zone": scope.time_zone,
    }
    log = structlog.get_logger("alur.node")
    ears = Ears(answers, log.info)
    try:
        told = await jail.run(tenant, "expressions", request, LIMITS, ears)
    except AlurError as error:
        return _refusing(error)
    if not isinstance(told, list) or len(told) != len(expressions):
        return _refusing(Permanent("the jail gave no outcome for each expression"))
    outcomes = dict(zip((each.source for each in expressions), told, strict=True))
    return lambda source, index: _outcome(outcomes[source][index])


def _refusing(error: AlurError) -> Foreseen:
    def refuse(source: str, index: int) -> Value:
        del source, index
        raise error

    return refuse


def _outcome(told: list[Json]) -> Value:
    kind, *rest = told
    if kind == _VALUE:
        return rest[0]
    if kind == _UNDEFINED:
        return UNDEFINED
    if kind == _NUMBER:
        return float(rest[0])
    raise ExpressionError(str(rest[1]), kind=str(rest[0]))
