"""Foreseeing: what the expressions of a node run that need the jail come to, in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from alur_engine.expressions import Jailed, Json, Value
from alur_engine.expressions.jailed import Foreseen, outcome_of
from alur_engine.views import shown
from alur_executor.ports import Jail
from alur_executor.service.coding import Answers
from alur_jail import Ears, RunLimits
from alur_sdk.errors import AlurError, Permanent
from alur_sdk.items import Item

LIMITS: Final = RunLimits(5.0, 64 * 1024 * 1024)
"""What all expressions of a node run may use together."""


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
        told = await told_by_jail(jail, tenant, request, LIMITS, ears)
    except AlurError as error:
        return _refusing(error)
    outcomes = dict(zip((each.source for each in expressions), told, strict=True))
    return lambda source, index: outcome_of(outcomes[source][index])


async def told_by_jail(
    jail: Jail, tenant: str, request: Mapping[str, Any], limits: RunLimits, ears: Ears
) -> list[list[Json]]:
    """Return what the jail tells of each of the request's `sources` at each of its `indexes`.

    Raises what the jail raises, and `Permanent` when it tells nothing that is of use.
    """
    told: list[list[Json]] = await jail.run(tenant, "expressions", request, limits, ears)
    if not _is_list(told, len(request["sources"])) or not all(
        _is_list(each, len(request["indexes"])) for each in told
    ):
        raise Permanent("the jail gave no outcome for each expression")
    return told


def _is_list(told: Json, length: int) -> bool:
    return isinstance(told, list) and len(told) == length


def _refusing(error: AlurError) -> Foreseen:
    def refuse(source: str, index: int) -> Value:
        del source, index
        raise error

    return refuse
