"""`alur get`, `alur describe` and `alur delete`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import Cli, FakeServer, Reply, problem


def workflow(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "createdAt": "2020-01-01T00:00:00Z"},
        "spec": {
            "title": name.title(),
            "triggers": [{"name": "in", "type": "trigger.webhook"}],
            **spec,
        },
        "status": {"activeVersion": 3, "lastExecution": {"status": "failed"}},
    }


def page(*items: dict[str, Any], following: str | None = None) -> Reply:
    return Reply({"items": list(items), "nextCursor": following})


def test_a_list_is_a_table_without_colour(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows", page(workflow("orders"), workflow("on-call", suspend=True)))
    lines = cli("get", "workflows").out.splitlines()
    assert lines[0].split() == ["NAME", "TITLE", "VERSION", "STATE", "TRIGGERS", "LAST", "AGE"]
    assert lines[1].split()[:6] == ["orders", "Orders", "3", "active", "webhook", "failed"]
    assert lines[2].split()[3] == "suspended"
    assert lines[1].split()[6].endswith("d")


def test_a_list_goes_over_all_pages(cli: Cli, server: FakeServer) -> None:
    pages = (page(workflow("a"), following="c1"), page(workflow("b")))
    server.on("GET", "workflows", *pages)
    found = json.loads(cli("get", "wf", "-o", "json").out)["items"]
    assert [one["metadata"]["name"] for one in found] == ["a", "b"]
    assert [request.query.get("cursor") for request in server.requests] == [None, "c1"]


def test_a_list_ends_at_its_limit(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows", page(workflow("a"), workflow("b"), following="c1"))
    cli("get", "wf", "--limit", "2")
    assert [request.query["limit"] for request in server.requests] == ["2"]


def test_executions_are_filtered_by_the_server(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "executions", page())
    server.on("GET", "workflows/orders", Reply(workflow("orders")))
    done = cli("get", "executions", "--workflow", "orders", "--status", "failed")
    assert (done.code, done.out, done.err) == (0, "", "no executions found\n")
    assert server.requests[0].query == {"workflow": "orders", "status": "failed", "limit": "200"}


def test_executions_tell_what_started_them(cli: Cli, server: FakeServer) -> None:
    ways = {"e1": ("error", "on-error"), "e2": ("error", None), "e3": ("child", None)}
    shown = [{"id": i, "mode": mode, "trigger": name} for i, (mode, name) in ways.items()]
    server.on("GET", "executions", page(*shown))
    lines = cli("get", "executions").out.splitlines()[1:]
    started = [word for line in lines for word in line.split() if word not in {"-", *ways}]
    assert started == ["on-error", "(error)", "(child)"]


def test_executions_of_a_workflow_that_is_not_there_are_a_failure(
    cli: Cli, server: FakeServer
) -> None:
    server.on("GET", "executions", page())
    server.on("GET", "workflows/ghost", problem(404, "there is no workflow ghost"))
    done = cli("get", "executions", "--workflow", "ghost")
    assert (done.code, "no workflow ghost" in done.err) == (1, True)


def test_one_is_printed_as_yaml(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows/orders", Reply(workflow("orders")))
    assert yaml.safe_load(cli("get", "workflow", "orders", "-o", "yaml").out) == workflow("orders")


def test_an_unknown_kind_is_wrong_usage(cli: Cli, server: FakeServer) -> None:
    done = cli("get", "pods")
    assert done.code == 2
    assert "workflows, executions" in done.err


def test_an_unknown_name_is_a_failure(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows/ghost", problem(404, "there is no workflow ghost"))
    assert cli("get", "workflow", "ghost").code == 1


def test_names_are_made_safe_in_addresses(cli: Cli, server: FakeServer) -> None:
    cli("get", "workflow", "../me?x=1")
    assert server.requests[0].path.endswith("/workflows/..%2Fme%3Fx%3D1")


def test_what_has_no_address_is_found_in_its_list(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "/api/v1/tokens", page({"id": "t1", "name": "ci"}, {"id": "t2", "name": "me"}))
    assert json.loads(cli("get", "token", "t2", "-o", "json").out)["name"] == "me"
    assert cli("get", "token", "t3").code == 1


def test_a_workflow_is_described(cli: Cli, server: FakeServer) -> None:
    shown = workflow("orders", nodes=[{"name": "shape", "type": "core.set"}])
    shown["spec"]["edges"] = [{"from": "in", "to": "shape"}]
    shown["status"]["triggers"] = [{"name": "in", "active": True, "url": "https://x/hooks/1"}]
    server.on("GET", "workflows/orders", Reply(shown))
    server.on("GET", "executions", page({"id": "e1", "status": "failed", "startedAt": None}))
    out = cli("describe", "workflow", "orders").out
    for word in ("Orders", "https://x/hooks/1", "core.set", "e1"):
        assert word in out


def test_a_workflow_that_lacks_something_says_what(cli: Cli, server: FakeServer) -> None:
    conditions = [
        {"type": "Permitted", "status": "False", "message": "spec.nodes[0]: eve may not"},
        {"type": "Suspended", "status": "False", "message": ""},
        {"type": "Ready", "status": "True", "message": "version 1 is active"},
        {"type": "Safe", "status": "False", "message": "said among the warnings"},
    ]
    shown = workflow("orders")
    shown["status"]["conditions"] = conditions
    server.on("GET", "workflows/orders", Reply(shown))
    server.on("GET", "executions", page())
    out = cli("describe", "workflow", "orders").out
    assert "Permitted" in out
    assert "eve may not" in out
    assert [one for one in ("Suspended", "version 1 is", "among the warnings") if one in out] == []


def test_an_execution_is_described(cli: Cli, server: FakeServer) -> None:
    error = {"message": "no stock", "node": "stop"}
    shown = {"id": "e1", "workflow": "orders", "version": 3, "status": "failed", "error": error}
    server.on("GET", "executions/e1", Reply(shown | {"output": [{"a": 1}]}))
    out = cli("describe", "execution", "e1").out
    assert "orders (version 3)" in out
    assert "no stock" in out


def test_an_execution_tells_what_it_waits_for(cli: Cli, server: FakeServer) -> None:
    waits = [
        {"node": "render", "path": "", "pool": "gpu"},
        {"node": "ask", "path": "", "signal": "yes", "until": "2026-02-01T00:00:00Z"},
        {"node": "call", "path": "", "children": ["e2"]},
    ]
    shown = {"id": "e1", "workflow": "orders", "version": 3, "status": "waiting", "waits": waits}
    server.on("GET", "executions/e1", Reply(shown))
    out = cli("describe", "execution", "e1").out
    assert "render: an executor of the pool gpu" in out
    assert "ask: the signal 'yes', at most until 2026-02-01T00:00:00Z" in out
    assert "call: the end of 1 of its executions" in out


def test_a_node_type_is_described(cli: Cli, server: FakeServer) -> None:
    how = {"enum": ["fast", "slow"], "default": "fast"}
    many = {"anyOf": [{"type": "boolean"}, {"type": "integer"}], "default": True}
    parameters = {
        "properties": {"a": {"description": "What."}, "how": how, "many": many},
        "required": ["a"],
    }
    shown = {"type": "core.x", "label": "X", "parameters": parameters, "example": {"a": 1}}
    server.on("GET", "/api/v1/node-types/core.x", Reply(shown))
    out = cli("describe", "node", "core.x").out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert {"a - required What.", 'how fast, slow "fast" -'} <= set(rows)
    assert "many boolean or integer true -" in rows
    assert "params:" in out


def test_a_workflow_is_deleted_at_the_revision_that_was_seen(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows/orders", Reply(workflow("orders"), 200, {"ETag": '"7"'}))
    server.on("DELETE", "workflows/orders", Reply(None, 204))
    assert cli("delete", "workflow", "orders").out == "workflow.alur.dev/orders deleted\n"
    assert server.sent("DELETE")[0].headers["if-match"] == '"7"'


def test_a_dry_run_deletes_nothing(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows/orders", Reply(workflow("orders")))
    assert cli("delete", "workflow", "orders", "--dry-run").code == 0
    assert server.sent("DELETE") == []


def test_the_workflows_of_a_file_are_deleted(cli: Cli, server: FakeServer) -> None:
    server.on("GET", "workflows/a", Reply(workflow("a"), 200, {"ETag": '"1"'}))
    server.on("DELETE", "workflows/a", Reply(None, 204))
    assert cli("delete", "-f", "-", feed="metadata: {name: a}").code == 0


@pytest.mark.parametrize("arguments", [[], ["workflow"], ["execution", "e1"], ["wf", "-f", "x"]])
def test_deleting_needs_to_know_what(cli: Cli, server: FakeServer, arguments: list[str]) -> None:
    assert cli("delete", *arguments).code == 2
    assert server.requests == []


def test_security_events_of_a_kind_are_a_table_with_who_and_where(
    cli: Cli, server: FakeServer
) -> None:
    event = {
        "number": 7,
        "kind": "proof-refused",
        "lastAt": "2026-01-31T12:00:00.000Z",
        "count": 3,
        "target": "in",
        "reason": "wrong",
        "who": None,
        "source": "192.0.2.7",
        "workflow": "orders",
        "execution": None,
    }
    server.on("GET", "/api/v1/security-events", page(event))
    lines = cli("get", "security-events", "--kind", "proof-refused").out.splitlines()
    assert lines[0].split() == [
        "TIME",
        "KIND",
        "COUNT",
        "WHAT",
        "WHY",
        "WHO",
        "WORKFLOW",
        "EXECUTION",
    ]
    assert lines[1].split()[1:7] == ["proof-refused", "3", "in", "wrong", "192.0.2.7", "orders"]
    assert server.requests[0].query["kind"] == "proof-refused"


def test_a_workflow_that_is_gone_does_not_keep_the_rest_of_a_file_from_being_deleted(
    cli: Cli, server: FakeServer, tmp_path: Path
) -> None:
    for name in ("one", "three"):
        server.on("GET", f"workflows/{name}", Reply({}, headers={"ETag": '"7"'}))
        server.on("DELETE", f"workflows/{name}", Reply(None, 204))
    server.on("GET", "workflows/two", problem(404, "there is no workflow two"))
    file = tmp_path / "multi.yaml"
    file.write_text(
        "---\n".join(f"kind: Workflow\nmetadata: {{name: {n}}}\n" for n in ("one", "two", "three"))
    )
    done = cli("delete", "-f", str(file))
    assert [request.path.split("/")[-1] for request in server.sent("DELETE")] == ["one", "three"]
    assert done.code == 1
    assert "workflow two: there is no workflow two" in done.err
    assert "1 of 3 not deleted" in done.err


def test_a_name_that_is_gone_does_not_keep_the_others_from_being_deleted(
    cli: Cli, server: FakeServer
) -> None:
    server.on("GET", "workflows/one", problem(404, "there is no workflow one"))
    server.on("GET", "workflows/two", Reply({}, headers={"ETag": '"7"'}))
    server.on("DELETE", "workflows/two", Reply(None, 204))
    assert cli("delete", "workflows", "one", "two").code == 1
    assert len(server.sent("DELETE")) == 1
