from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from alur_gateway.adapters.rest.app import description
from alur_gateway.service.use_cases import UseCases

COMMITTED = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    nothing = SimpleNamespace(registry=None, executions=None, clock=None)
    return description(cast("UseCases", nothing))


def references(value: object) -> set[bytes]:
    return set(re.findall(rb'"#/components/schemas/([^"]+)"', orjson.dumps(value)))


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m, p, o) for p, path in described["paths"].items() for m, o in path.items()]


def test_the_committed_description_is_the_one_of_the_code(described: dict[str, Any]) -> None:
    assert orjson.loads(COMMITTED.read_bytes()) == orjson.loads(orjson.dumps(described))


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    names = {name.encode() for name in described["components"]["schemas"]}
    assert references(described) <= names


def test_every_name_in_a_path_is_described(described: dict[str, Any]) -> None:
    missing = [
        (method, path)
        for method, path, operation in operations(described)
        if set(re.findall(r"{(\w+)}", path))
        != {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    ]
    assert missing == []


def test_every_operation_has_its_own_name_and_says_what_it_does(described: dict[str, Any]) -> None:
    found = [operation for _, _, operation in operations(described)]
    assert len({operation["operationId"] for operation in found}) == len(found)
    assert all(operation["description"] and operation["tags"] for operation in found)


def test_every_operation_but_signing_in_says_how_to_be_known(described: dict[str, Any]) -> None:
    open_to_all = {o["operationId"] for _, _, o in operations(described) if "security" not in o}
    assert open_to_all == {"createSession", "refreshSession"}


def test_every_status_of_success_is_described(described: dict[str, Any]) -> None:
    by_name = {o["operationId"]: set(o["responses"]) for _, _, o in operations(described)}
    assert by_name["startExecution"] == {"200", "202", "default"}
    assert by_name["putWorkflow"] == {"200", "201", "default"}
