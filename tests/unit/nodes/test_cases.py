"""Runs the cases of all nodes: what is true of a node stands beside this file, as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from alur_engine.binding import Binding
from alur_engine.expressions import Evaluator, Scope
from alur_executor.service.requests import as_json
from alur_nodes.registry import node_class, own_types
from alur_sdk import Item, Json
from alur_sdk.errors import AlurError
from alur_sdk.testing import check_case

HERE = Path(__file__).parent
EVALUATOR = Evaluator()


def cases() -> list[Any]:
    return [
        pytest.param(f"{path.parent.name}.{path.stem}", case, id=f"{path.stem}: {case['name']}")
        for path in sorted(HERE.glob("*/*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def evaluate(value: Json, items: Sequence[Item], index: int) -> Json:
    """Replace expressions as the executor does."""
    json = items[index].json if items else None
    return EVALUATOR.template(value)(Scope(json, index=index))


@pytest.mark.parametrize(("type_", "case"), cases())
async def test_a_node_does_what_its_case_says(type_: str, case: dict[str, Json]) -> None:
    await check_case(node_class(type_), case, evaluate)


@pytest.mark.parametrize(("type_", "case"), cases())
def test_parameters_are_the_same_when_they_come_back_from_a_journal(
    type_: str, case: dict[str, Json]
) -> None:
    kind = node_class(type_)
    first = (case.get("items") or [{}])[0]
    try:
        params = Binding(kind.params_type(), case.get("params", {}), kind.raw, EVALUATOR)(
            Scope(first)
        )
    except AlurError:
        return  # the case is about that
    written = as_json(params)
    assert kind.params_type().model_validate(written).__dict__ == params.__dict__


def test_every_node_has_cases() -> None:
    with_cases = {f"{path.parent.name}.{path.stem}" for path in HERE.glob("*/*.yaml")}
    assert set(own_types()) == with_cases
