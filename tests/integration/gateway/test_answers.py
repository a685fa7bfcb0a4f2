"""What a running Alur answers is what its description says, and it does what a caller counts on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from alur_gateway.adapters.rest import execution_models as e
from alur_gateway.adapters.rest import models as m
from alur_gateway.adapters.rest import people_models as p
from tests.support.alur_dev import ROOT, AlurDev

PROJECT = "/api/v1/projects/default"
WORKFLOW: dict[str, Any] = {
    "apiVersion": "alur.dev/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "answers"},
    "spec": {
        "triggers": [
            {
                "name": "in",
                "type": "trigger.webhook",
                "params": {"path": "in/:id", "respond": "result"},
            },
        ],
        "nodes": [
            {"name": "split", "type": "core.split", "params": {"field": "body.items"}},
            {
                "name": "a/b c",
                "type": "core.set",
                "params": {"fields": {"n": "{{ $json.n + 1 }}"}},
            },
        ],
        "edges": [{"from": "in", "to": "split"}, {"from": "split", "to": "a/b c"}],
    },
}
WAITS = {
    **WORKFLOW,
    "metadata": {"name": "waits"},
    "spec": {"nodes": [{"name": "w", "type": "core.wait", "params": {"signal": "go"}}]},
}


@pytest.fixture
def rest(platform: AlurDev) -> Iterator[httpx.Client]:
    for document in (WORKFLOW, WAITS):
        name = document["metadata"]["name"]
        made = platform.rest.put(
            f"{PROJECT}/workflows/{name}", json=document, headers={"if-none-match": "*"}
        )
        assert made.status_code == 201, made.text
    yield platform.rest
    for name in ("answers", "waits"):
        platform.rest.delete(f"{PROJECT}/workflows/{name}", headers={"if-match": "*"})


def run(rest: httpx.Client, count: int = 3) -> dict[str, Any]:
    items = [{"n": n} for n in range(count)]
    answer = rest.post(
        f"{PROJECT}/workflows/answers/executions?wait=20",
        json={"input": [{"body": {"items": items}}]},
    )
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def undescribed(model: type[BaseModel], value: dict[str, Any]) -> set[str]:
    """Return the fields of an answer that its model does not know, after checking the rest."""
    model.model_validate(value)
    known = {field.alias or name for name, field in model.model_fields.items()}
    return set(value) - known


def test_every_answer_is_as_described(rest: httpx.Client) -> None:
    execution = run(rest)
    one = f"{PROJECT}/executions/{execution['id']}"
    answers: dict[str, type[BaseModel]] = {
        f"{PROJECT}/workflows": m.WorkflowPage,
        f"{PROJECT}/workflows/answers": m.WorkflowDocument,
        f"{PROJECT}/workflows/answers/versions": m.VersionPage,
        f"{PROJECT}/workflows/answers/versions/1": m.Version,
        f"{PROJECT}/executions": e.ExecutionPage,
        one: e.ExecutionDocument,
        f"{one}/nodes/split": e.NodeRuns,
        f"{one}/journal": e.JournalPage,
        "/api/v1/node-types": m.NodeTypeList,
        "/api/v1/node-types/core.set": m.NodeType,
        "/api/v1/me": p.Me,
        "/api/v1/tokens": p.TokenList,
        "/api/v1/projects": p.ProjectList,
        "/api/v1/members": p.MemberList,
        "/api/v1/credentials": p.CredentialPage,
        "/api/v1/credential-types": p.CredentialTypes,
        "/api/v1/variables": p.VariableList,
        "/api/v1/audit": p.AuditPage,
        "/api/v1/audit:verify": p.AuditCheck,
    }
    more = {path: undescribed(model, rest.get(path).json()) for path, model in answers.items()}
    more.pop("/api/v1/node-types/core.set")
    assert {path: fields for path, fields in more.items() if fields} == {}


def test_items_of_a_node_are_shown_whatever_its_name(rest: httpx.Client) -> None:
    execution = run(rest)
    shown = rest.get(f"{PROJECT}/executions/{execution['id']}/nodes/a%2Fb%20c").json()
    assert [item["json"]["n"] for item in shown["runs"][0]["output"]["main"]] == [1, 2, 3]
    assert [item["json"]["n"] for item in shown["runs"][0]["input"]["main"]] == [0, 1, 2]


def test_all_items_of_a_node_are_reached_by_its_pages(rest: httpx.Client) -> None:
    path = f"{PROJECT}/executions/{run(rest, 25)['id']}/nodes/split"
    pages = [rest.get(path, params={"limit": 10}).json()]
    while cursor := pages[-1].get("nextCursor"):
        pages.append(rest.get(path, params={"limit": 10, "cursor": cursor}).json())
    parts = [page["runs"][0]["output"]["main"] for page in pages]
    assert [len(part) for part in parts] == [10, 10, 5]
    assert [item["json"]["n"] for part in parts for item in part] == list(range(25))
    assert {page["runs"][0]["counts"]["output"]["main"] for page in pages} == {25}


def test_a_cursor_of_no_list_is_refused(rest: httpx.Client) -> None:
    path = f"{PROJECT}/executions/{run(rest)['id']}/nodes/split"
    answer = rest.get(path, params={"cursor": "10"})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "cursor")


def test_an_unknown_node_is_not_found(rest: httpx.Client) -> None:
    answer = rest.get(f"{PROJECT}/executions/{run(rest)['id']}/nodes/ghost")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_the_parameters_of_a_webhook_path_reach_the_item(rest: httpx.Client) -> None:
    shown = rest.get(f"{PROJECT}/workflows/answers").json()
    url = shown["status"]["triggers"][0]["url"].replace(":id", "x%2Fy z")
    answer = httpx.post(url, json={"items": [{"n": 1}]})
    assert answer.status_code == 404
    answer = httpx.post(url.replace("%2F", "-"), json={"items": [{"n": 1}]})
    execution = rest.get(f"{PROJECT}/executions/{answer.headers['alur-execution-id']}").json()
    runs = rest.get(f"{PROJECT}/executions/{execution['id']}/nodes/split").json()["runs"]
    assert runs[0]["input"]["main"][0]["json"]["params"] == {"id": "x-y z"}


def events_of(rest: httpx.Client, path: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    with rest.stream("GET", path, headers=headers, timeout=20) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_the_events_go_on_after_the_last_one_seen(rest: httpx.Client) -> None:
    path = f"{PROJECT}/executions/{run(rest)['id']}/events"
    events = events_of(rest, path, {"last-event-id": "41"})
    assert [event["seq"] for event in events] == list(range(42, 42 + len(events)))
    assert events[-1]["data"]["status"] == "succeeded"


def test_a_watcher_sees_a_signal_wake_an_execution(rest: httpx.Client) -> None:
    started = rest.post(f"{PROJECT}/workflows/waits/executions", json={"input": [{}]}).json()
    one = f"{PROJECT}/executions/{started['id']}"
    seen: list[tuple[str, str]] = []
    with rest.stream("GET", f"{one}/events", timeout=20) as answer:
        for line in answer.iter_lines():
            if not line.startswith("data: "):
                continue
            event = json.loads(line.removeprefix("data: "))
            seen.append((event["type"], event["data"]["status"]))
            if seen[-1] == ("execution", "waiting"):
                rest.post(f"{one}:signal", json={"name": "go", "payload": {"by": "ann"}})
    assert seen[-1] == ("execution", "succeeded")
    assert rest.get(one).json()["output"] == [{"by": "ann"}]


def test_a_waiting_execution_is_cancelled(rest: httpx.Client, platform: AlurDev) -> None:
    execution = platform.run("waits", [{}])
    one = f"{PROJECT}/executions/{execution['id']}"
    assert rest.post(f"{one}:cancel", json={"reason": "enough"}).status_code == 202
    cancelled = platform.wait_for(execution["id"], "cancelled")
    assert cancelled["reason"] == "enough"


def test_the_schema_of_the_document_is_served(rest: httpx.Client) -> None:
    committed = ROOT / "docs" / "reference" / "workflow.schema.json"
    assert rest.get("/api/v1/workflow.schema.json").json() == json.loads(committed.read_text())
