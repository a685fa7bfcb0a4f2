"""What the check of documents accepts, the node's own model accepts: no fault of parameters waits for the first run."""

from __future__ import annotations

import copy
import json
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.validation import validate_document
from alur_nodes.registry import node_class

TYPES = load_catalogue()["items"]
CATALOGUE = Catalogue.from_json(load_catalogue())
WRONG: list[Any] = [
    None, True, 0, 5, -1, 1.5, 1e30, "", "x", "PT5S", "2020-01-01T00:00:00Z", "a" * 3_000, "GET",
    "a.b", "a..b", "[", [], {}, [1], ["x"], [{}], {"a": 1}, {"a": "b"},
]  # fmt: skip


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    pairs: Any = ()
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in pairs:
        yield from places(member, (*path, key))


def variants(example: dict[str, Any], names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the example with each of its values, and each parameter that it leaves out, replaced by what may be wrong."""
    for path in [*places(example), *((name,) for name in names if name not in example)]:
        for wrong in WRONG:
            changed = copy.deepcopy(example)
            target: Any = changed
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = wrong
            yield changed


def without_expressions(value: dict[str, Any]) -> dict[str, Any]:
    """Put `true` for expressions: only a run tells what they are."""
    text = re.sub(r'"[^"]*\{\{[^"]*"', "true", json.dumps(value))
    return typing.cast("dict[str, Any]", json.loads(text))


def model_of(name: str) -> type[BaseModel]:
    base: Any = next(iter(getattr(node_class(name), "__orig_bases__", ())))
    model: type[BaseModel] = typing.get_args(base)[0]
    return model


def is_accepted(entry: dict[str, Any], params: dict[str, Any]) -> bool:
    slots = {slot["name"]: "some" for slot in entry["credentials"]}
    step = {"name": "it", "type": entry["type"], "params": params, "credentials": slots}
    spec = {"triggers" if entry["trigger"] else "nodes": [step]}
    return not validate_document({"metadata": {"name": "w"}, "spec": spec}, CATALOGUE)[1]


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: str(entry["type"]))
def test_what_the_check_accepts_the_node_accepts(entry: dict[str, Any]) -> None:
    model = model_of(entry["type"])
    names = list(entry["parameters"].get("properties", {}))
    for params in map(without_expressions, variants(entry["example"], names)):
        if is_accepted(entry, params):
            try:
                model.model_validate(params)
            except ValidationError as error:
                pytest.fail(f"{params}: {error}")
