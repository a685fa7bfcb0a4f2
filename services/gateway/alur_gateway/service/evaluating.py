"""Evaluating one template for the editor's preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alur_gateway.domain.errors import EvaluationError
from alur_sdk.errors import ExpressionError, LimitError, Problem
from alur_sdk.items import Json

if TYPE_CHECKING:
    from alur_engine.expressions import Scope

STEPS = 100_000
BYTES = 8 * 1024 * 1024
"""What one preview may use: it runs between requests, so it must be over soon."""


def evaluate(expression: str, data: Mapping[str, Any], now: float) -> Json:
    """Return the value of a template such as `{{ $json.a }}` on data that the caller sent.

    `data` may hold `json`, `items` (a list of JSON objects), `index`, `vars`, `workflow`, `execution`,
    `trigger` and `timeZone`. Nothing is read from anywhere else. Raises `EvaluationError` with the column.
    """
    from alur_engine.expressions import (  # noqa: PLC0415  # the parser takes its time, and few processes need it
        CompiledSubset,
        Evaluator,
        JailedJavaScript,
        Limits,
    )

    evaluator = Evaluator((CompiledSubset(), JailedJavaScript()), Limits(STEPS, BYTES))
    try:
        return evaluator.template(expression)(_scope(data, now))
    except (ExpressionError, LimitError) as error:
        offset = error.details.get("offset")
        place = "" if offset is None else f"column {offset + 1}: "
        problem = Problem("expression", error.code, f"{place}{error.message}")
        raise EvaluationError(problem.message, [problem]) from error


def _scope(data: Mapping[str, Any], now: float) -> Scope:
    from alur_engine.expressions import Scope  # noqa: PLC0415  # as above

    json = data.get("json")
    items = [{"json": item} for item in data.get("items") or ([] if json is None else [json])]
    index = data.get("index", 0)
    return Scope(
        json,
        item=items[index] if 0 <= index < len(items) else {"json": json},
        items=items,
        index=index,
        vars=data.get("vars", {}),
        execution=data.get("execution", {}),
        workflow=data.get("workflow", {}),
        trigger=data.get("trigger"),
        now_ms=now * 1000,
        time_zone=data.get("timeZone", "UTC"),
    )
