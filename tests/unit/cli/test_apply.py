"""`alur apply`: documents in, one line for each, and problems with their paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Cli, FakeServer, Reply, problem

WEBHOOK = {
    "name": "placed",
    "type": "trigger.webhook",
    "active": True,
    "url": "https://x/hooks/1/o",
}


def document(name: str = "orders", **metadata: str) -> dict[str, Any]:
    return {"kind": "Workflow", "metadata": {"name": name, **metadata}, "spec": {"nodes": []}}


def shown(revision: int = 1, name: str = "orders", **status: Any) -> Reply:
    body = document(name) | {"status": {"activeVersion": 1, **status}}
    return Reply(body, 200, {"ETag": f'"{revision}"'})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(document()))
    return path


def test_a_new_workflow_is_created(cli: Cli, server: FakeServer, file: Path) -> None:
    server.on("GET", "workflows/orders", problem(404, "no"))
    server.on("PUT", "workflows/orders", shown(triggers=[WEBHOOK]))
    done = cli("apply", "-f", str(file))
    assert (done.code, done.err) == (0, "")
    assert done.out == "workflow.alur.dev/orders created\n  placed: https://x/hooks/1/o\n"
    put = server.sent("PUT")[0]
    assert put.headers["if-none-match"] == "*"
    assert put.headers["authorization"] == "Bearer alur_pat_test"
    assert put.body == document()


def test_a_known_workflow_is_replaced_at_the_revision_that_was_seen(
    cli: Cli, server: FakeServer, file: Path
) -> None:
    server.on("GET", "workflows/orders", shown(3))
    server.on("PUT", "workflows/orders", shown(4))
    assert cli("apply", "-f", str(file)).out == "workflow.alur.dev/orders configured\n"
    assert server.sent("PUT")[0].headers["if-match"] == '"3"'


def test_each_warning_is_told_by_itself_with_its_line(cli: Cli, server: FakeServer) -> None:
    warning = {"path": "spec.nodes", "code": "doubt", "message": "nothing happens here"}
    conditions = [
        {"type": "Plausible", "status": "False", "message": "nothing happens here; and more"},
        {"type": "PoolsServed", "status": "False", "message": "nobody serves the pool gpu"},
    ]
    server.on("GET", "workflows/orders", problem(404, "no"))
    server.on("PUT", "workflows/orders", shown(warnings=[warning], conditions=conditions))
    feed = "kind: Workflow\nmetadata: {name: orders}\nspec:\n  nodes: []\n"
    assert cli("apply", "-f", "-", feed=feed).err.splitlines() == [
        "  warning: standard input:4: spec.nodes: nothing happens here",
        "  warning: nobody serves the pool gpu",
    ]


def test_a_project_that_a_mistyped_name_makes_is_told(
    cli: Cli, server: FakeServer, file: Path
) -> None:
    server.on("GET", "/api/v1/projects/typo/workflows/orders", problem(404, "no"))
    server.on("GET", "/api/v1/projects/typo", problem(404, "no"), Reply({"name": "typo"}))
    answer = Reply(document(namespace="typo") | {"status": {}}, 201)
    server.on("PUT", "/api/v1/projects/typo/workflows/orders", answer)
    first, second = (cli("apply", "-f", str(file), "-p", "typo") for _ in range(2))
    assert first.out == "workflow.alur.dev/orders created in project typo\n"
    assert ("project/typo created" in first.err, second.err) == (True, "")


def test_what_did_not_change_is_unchanged(cli: Cli, server: FakeServer, file: Path) -> None:
    server.on("GET", "workflows/orders", shown(3))
    server.on("PUT", "workflows/orders", shown(3))
    assert cli("apply", "-f", str(file)).out == "workflow.alur.dev/orders unchanged\n"


def test_a_change_in_between_is_looked_at_again_once(
    cli: Cli, server: FakeServer, file: Path
) -> None:
    server.on("GET", "workflows/orders", shown(3), shown(4))
    server.on("PUT", "workflows/orders", problem(412, "stale"), shown(5))
    assert cli("apply", "-f", str(file)).code == 0
    assert [put.headers["if-match"] for put in server.sent("PUT")] == ['"3"', '"4"']


def test_a_second_change_in_between_is_told(cli: Cli, server: FakeServer, file: Path) -> None:
    server.on("GET", "workflows/orders", shown(3))
    server.on("PUT", "workflows/orders", problem(412, "changed meanwhile"))
    done = cli("apply", "-f", str(file))
    assert done.code == 1
    assert "changed meanwhile" in done.err


def test_problems_are_told_with_file_and_path(cli: Cli, server: FakeServer, file: Path) -> None:
    server.on("GET", "workflows/orders", problem(404, "no"))
    server.on(
        "PUT", "workflows/orders", problem(422, "bad", ("spec.nodes[0].type", "no such type"))
    )
    done = cli("apply", "-f", str(file))
    assert done.code == 1
    assert f"{file}:1: spec.nodes[0].type: no such type" in done.err


def test_one_bad_document_does_not_keep_the_others_out(cli: Cli, server: FakeServer) -> None:
    for name in ("a", "b"):
        server.on("GET", f"workflows/{name}", problem(404, "no"))
    server.on("PUT", "workflows/a", problem(422, "bad", ("spec", "wrong")))
    server.on("PUT", "workflows/b", shown(name="b"))
    feed = "\n---\n".join(json.dumps(document(name)) for name in ("a", "b"))
    done = cli("apply", "-f", "-", feed=feed)
    assert done.code == 1
    assert done.out == "workflow.alur.dev/b created\n"
    assert "standard input:1: spec: wrong" in done.err
    assert "1 of 2 not applied" in done.err


def test_a_folder_and_a_list_are_taken_apart(cli: Cli, server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "README.md").write_text("no workflow")
    listed = {"kind": "List", "items": [document("a"), document("b")]}
    (tmp_path / "in" / "list.json").write_text(json.dumps(listed))
    (tmp_path / "in" / "deep" / "c.yaml").write_text(
        "kind: Workflow\nmetadata: {name: c}\nspec: {}"
    )
    for name in "abc":
        server.on("GET", f"workflows/{name}", shown(1))
        server.on("PUT", f"workflows/{name}", shown(1, name))
    done = cli("apply", "-f", str(tmp_path / "in"))
    assert done.code == 0
    assert len(done.out.splitlines()) == 3


def test_the_project_of_the_document_wins_over_the_default(cli: Cli, server: FakeServer) -> None:
    path = "/api/v1/projects/shop/workflows/orders"
    server.on("GET", path, shown(1))
    server.on("PUT", path, shown(2))
    feed = json.dumps(document(namespace="shop"))
    assert cli("apply", "-f", "-", feed=feed).code == 0


def test_another_project_than_the_one_asked_for_is_refused(cli: Cli, server: FakeServer) -> None:
    done = cli("apply", "-f", "-", "-p", "farm", feed=json.dumps(document(namespace="shop")))
    assert done.code == 1
    assert "metadata.namespace" in done.err
    assert server.requests == []


def test_a_document_without_a_name_has_no_address(cli: Cli, server: FakeServer) -> None:
    done = cli("apply", "-f", "-", feed='{"kind": "Workflow"}')
    assert done.code == 1
    assert "metadata.name" in done.err


def test_a_dry_run_asks_the_server_to_keep_nothing(
    cli: Cli, server: FakeServer, file: Path
) -> None:
    server.on("GET", "workflows/orders", problem(404, "no"))
    server.on("PUT", "workflows/orders", shown())
    done = cli("apply", "-f", str(file), "--dry-run")
    assert done.out == "workflow.alur.dev/orders created (dry run)\n"
    assert server.sent("PUT")[0].query == {"dryRun": "true"}


def test_the_answer_is_printed_as_json(cli: Cli, server: FakeServer, file: Path) -> None:
    server.on("GET", "workflows/orders", shown(1))
    server.on("PUT", "workflows/orders", shown(1))
    done = cli("apply", "-f", str(file), "-o", "json")
    assert json.loads(done.out)["metadata"]["name"] == "orders"


@pytest.mark.parametrize(
    ("feed", "word"),
    [
        ("a: [", "line 2"),
        ("a: 1\na: 2", "twice"),
        ("", "no document"),
        ("x: {{ $json.a }}", "quotes"),
    ],
)
def test_what_is_no_document_is_told_with_its_place(
    cli: Cli, server: FakeServer, feed: str, word: str
) -> None:
    done = cli("apply", "-f", "-", feed=feed)
    assert done.code == 1
    assert word in done.err
    assert "standard input" in done.err or feed == ""


def test_what_a_sound_file_risks_is_told_and_refuses_nothing(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "open.yaml"
    file.write_text(
        "metadata: {name: open}\n"
        "spec:\n"
        "  triggers: [{name: door, type: trigger.webhook, params: {path: a}}]\n"
        "  nodes: [{name: call, type: http.request, params: {url: 'http://example.com'}}]\n"
        "  edges: [{from: door, to: call}]\n"
    )
    done = cli("validate", "-f", str(file))
    assert (done.code, done.out) == (0, f"{file}: open is valid\n")
    assert done.err.splitlines()[0].startswith(
        f"warning: {file}:3: spec.triggers[0].params.auth: 'door' asks for no proof"
    )
    (verdict,) = json.loads(cli("validate", "-f", str(file), "-o", "json").out)
    assert (verdict["valid"], verdict["errors"]) == (True, [])
    assert [w["code"] for w in verdict["warnings"]] == ["open-webhook", "plain-http"]


def test_a_missing_file_is_named(cli: Cli, server: FakeServer) -> None:
    done = cli("apply", "-f", "nowhere.yaml")
    assert (done.code, done.err) == (1, "error: nowhere.yaml: No such file or directory\n")


def test_files_are_checked_without_a_server(cli: Cli, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("metadata: {name: good}\nspec: {nodes: [{name: a, type: core.noop}]}")
    bad.write_text("metadata: {name: bad}\nspec: {nodes: [{name: a, type: core.nop}]}")
    done = cli("validate", "-f", str(good), "-f", str(bad))
    assert done.code == 1
    assert done.out == f"{good}: good is valid\n"
    assert done.err.startswith(f"{bad}:2: spec.nodes[0].type: ")
    verdicts = json.loads(cli("validate", "-f", str(tmp_path), "-o", "json").out)
    assert {verdict["workflow"]: verdict["valid"] for verdict in verdicts} == {
        "good": True,
        "bad": False,
    }
