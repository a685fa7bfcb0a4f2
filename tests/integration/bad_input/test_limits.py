"""What an execution may use is bounded, and one that wants more fails with a reason that names the limit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.integration.bad_input.conftest import EXECUTIONS, WORKFLOWS, document, memory_mib
from tests.support.alur_dev import AlurDev


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    """Here executions are kept: they fail."""


def failed(
    platform: AlurDev, name: str, nodes: list[dict[str, Any]], item: dict[str, Any]
) -> dict[str, Any]:
    """Return the error of an execution of these nodes, one after the other."""
    names = [node["name"] for node in nodes]
    edges = [{"from": a, "to": b} for a, b in pairwise(names)]
    made = document(name, nodes=nodes, edges=edges)
    put = platform.rest.put(f"{WORKFLOWS}/{name}", json=made, headers={"if-none-match": "*"})
    assert put.status_code == 201, put.text
    path = f"{WORKFLOWS}/{name}/executions?wait=30"
    shown = platform.rest.post(path, json={"input": [item]}).json()
    assert shown["status"] == "failed", shown
    platform.rest.delete(f"{WORKFLOWS}/{name}", headers={"if-match": "*"})
    return dict(shown["error"])


def setting(expression: str, name: str = "set") -> dict[str, Any]:
    return {"name": name, "type": "core.set", "params": {"fields": {"a": expression}}}


HUNGRY = {
    "{{ Array.from({length: 1e7}, (_, i) => i).length }}": ("limit-steps", "too many elements"),
    "{{ Array(2000).fill(0).map(() => Array(2000).fill(0)).length }}": ("limit-steps", "too many"),
    "{{ JSON.stringify(Array(1000).fill('x'.repeat(100000))).length }}": (
        "limit-bytes",
        "too much data",
    ),
    "{{ 'x'.repeat(1e9) }}": ("expression", "Invalid string length"),
}


@pytest.mark.parametrize("expression", HUNGRY)
def test_an_expression_has_a_budget(platform: AlurDev, expression: str) -> None:
    before = memory_mib(platform)
    error = failed(platform, "hungry", [setting(expression)], {})
    code, message = HUNGRY[expression]
    assert (error["code"], error["node"]) == (code, "set")
    assert message in error["message"]
    assert memory_mib(platform) - before < 300


@pytest.mark.parametrize("expression", HUNGRY)
def test_a_preview_has_a_smaller_one(platform: AlurDev, expression: str) -> None:
    answer = platform.rest.post("/api/v1/expressions:evaluate", json={"expression": expression})
    assert (answer.status_code, answer.json()["code"]) == (422, "expression")
    assert answer.json()["errors"][0]["path"] == "expression"


def test_a_node_emits_so_many_items_and_no_more(platform: AlurDev) -> None:
    nodes = [
        {"name": "split", "type": "core.split", "params": {"field": "list"}},
        setting("{{ Array(1000).fill({}) }}"),
        {"name": "again", "type": "core.split", "params": {"field": "a"}},
    ]
    error = failed(platform, "million", nodes, {"list": [{}] * 1000})
    assert (error["code"], error["node"]) == ("limit-items", "again")
    assert "items from one node run: the limit is 100000" in error["message"]


NESTED = {
    "expression": setting("{{ Array(300).fill(0).reduce((a) => [a], 1) }}"),
    "code": {
        "name": "set",
        "type": "core.code",
        "params": {"language": "javascript", "code": "let a = 1; for (let i = 0; i < 300; i++) a = [a]; return {a}"},
    },
}  # fmt: skip


@pytest.mark.parametrize("what", NESTED)
def test_an_item_that_nests_too_deeply_is_refused_with_its_node(
    platform: AlurDev, what: str
) -> None:
    error = failed(platform, "deep", [NESTED[what]], {})
    assert error["code"] == "limit-depth"
    assert error["message"].startswith("an item of 'set' nests deeper than the 240 levels")


def test_a_workflow_that_calls_itself_ends(platform: AlurDev) -> None:
    call = {"name": "again", "type": "core.workflow", "params": {"workflow": "itself"}}
    error = failed(platform, "itself", [call], {})
    assert "more than 20 deep" in error["message"]
    kept = platform.rest.get(EXECUTIONS, params={"workflow": "itself", "limit": 200}).json()
    assert {one["status"] for one in kept["items"]} <= {"failed"}
    assert "limit-depth" in {one["error"]["code"] for one in kept["items"]}


def test_others_are_answered_while_an_expression_works(platform: AlurDev) -> None:
    made = document("busy", nodes=[setting(next(iter(HUNGRY)))])
    platform.rest.put(f"{WORKFLOWS}/busy", json=made, headers={"if-none-match": "*"})
    for _ in range(20):
        platform.rest.post(f"{WORKFLOWS}/busy/executions", json={"input": [{}]})
    assert httpx.get(f"{platform.url}/healthz", timeout=3).status_code == 200


def test_a_time_beyond_all_dates_fails_its_node_and_nothing_else(platform: AlurDev) -> None:
    wait = {"name": "wait", "type": "core.wait", "params": {"until": "{{ $json.at }}"}}
    error = failed(platform, "far-future", [wait], {"at": 10**18})
    assert (error["code"], error["node"]) == ("bad-parameter", "wait")
    listed = platform.rest.get("/api/v1/projects/default/executions")
    assert listed.status_code == 200


def test_a_schedule_that_is_longer_than_a_century_is_refused(platform: AlurDev) -> None:
    trigger = {"name": "never", "type": "trigger.schedule", "params": {"every": "PT99999999H"}}
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "never"},
        "spec": {"triggers": [trigger], "nodes": [], "edges": []},
    }
    answer = platform.rest.put("/api/v1/projects/default/workflows/never", json=document)
    assert (answer.status_code, "longer than a century" in answer.text) == (422, True)
