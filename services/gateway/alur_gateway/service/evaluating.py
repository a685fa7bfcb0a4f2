"""Evaluating one template for the editor's preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_sdk.items import Json


def evaluate(expression: str, data: Mapping[str, Any], now: float) -> Json:
    """Return the value of a template such as `{{ $json.a }}` on data that the caller sent.

    `data` may hold `json`, `items` (a list of JSON objects), `index`, `vars`, `workflow`, `execution`,
    `trigger` and `timeZone`. Nothing is read from anywhere else. Raises `ExpressionError` or `LimitError`.
    """
    # Loaded with the first preview: the parser takes its time.
    from alur_engine.expressions import Evaluator, Scope  # noqa: PLC0415

    json = data.get("json")
    items = [{"json": item} for item in data.get("items") or ([] if json is None else [json])]
    index = data.get("index", 0)
    scope = Scope(
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
    return Evaluator().template(expression)(scope)
