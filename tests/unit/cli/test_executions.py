"""`alur run`, `alur logs` and what is done to an execution."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Cli, FakeServer, Reply, problem

RUN = "workflows/orders/executions"
ID = "0190"


def execution(status: str = "succeeded", **more: Any) -> Reply:
    node = {"name": "shape", "status": "succeeded", "attempts": 1, "items": 2, "durationMs": 3}
    body = {"id": ID, "status": status, "durationMs": 12.4, "nodes": [node], "output": [], **more}
    return Reply(body)


def accepted() -> Reply:
    return Reply({"id": ID}, 202)


def test_a_run_is_started_and_not_waited_for(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, accepted())
    done = cli("run", "orders", "--data", '{"x": 1}')
    assert (done.code, done.out) == (0, f"execution/{ID} queued\n")
    assert server.sent("POST")[0].body == {"input": [{"x": 1}]}


def test_a_run_that_was_cancelled_says_why(cli: Cli, server: FakeServer) -> None:
    reason = "skipped: as many run as the concurrency limit allows"
    server.on("POST", RUN, execution("cancelled", reason=reason))
    done = cli("run", "orders", "--wait")
    assert (done.code, f"reason: {reason}" in done.err) == (1, True)


def test_no_input_is_left_to_the_server_and_an_empty_list_is_sent(
    cli: Cli, server: FakeServer
) -> None:
    server.on("POST", RUN, accepted())
    cli("run", "orders")
    cli("run", "orders", "--data", "[]")
    assert [request.body for request in server.sent("POST")] == [{}, {"input": []}]


def test_a_list_is_one_item_an_element(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, accepted())
    cli(
        "run",
        "orders",
        "--file",
        "-",
        "--start",
        "shape",
        "--version",
        "2",
        feed='[{"x": 1}, {"x": 2}]',
    )
    body = {"input": [{"x": 1}, {"x": 2}], "start": "shape", "version": 2}
    assert server.sent("POST")[0].body == body


def test_a_dash_reads_the_input_from_standard_input(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, accepted())
    assert cli("run", "orders", "-", feed='{"x": 1}').code == 0
    assert server.sent("POST")[0].body == {"input": [{"x": 1}]}
    assert cli("run", "orders", "data.json").code == 2
    assert cli("run", "orders", "-", "--file", "data.json").code == 2
    assert cli("run", "orders", "-", feed="{").code == 1


def test_the_idempotency_key_is_sent(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, accepted())
    cli("run", "orders", "--idempotency-key", "k-1")
    assert server.sent("POST")[0].headers["idempotency-key"] == "k-1"


def test_waiting_ends_with_0_when_it_succeeded(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, execution(output=[{"total": 3}]))
    done = cli("run", "orders", "--wait", "--timeout", "10s")
    assert done.code == 0
    assert f"execution/{ID} succeeded in 12 ms" in done.out
    assert '"total": 3' in done.out
    assert server.sent("POST")[0].query == {"wait": "10"}


def test_waiting_ends_with_1_when_it_failed(cli: Cli, server: FakeServer) -> None:
    error = {"code": "stopped", "message": "no stock", "node": "stop"}
    server.on("POST", RUN, execution("failed", error=error))
    done = cli("run", "orders", "--wait")
    assert done.code == 1
    assert "error at 'stop': no stock" in done.err


def test_waiting_looks_again_until_the_end(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, accepted())
    server.on("GET", f"executions/{ID}", execution("running"), execution("waiting"), execution())
    done = cli("run", "orders", "--wait", "-o", "json")
    assert (done.code, json.loads(done.out)["status"]) == (0, "succeeded")
    assert len(server.sent("GET")) == 3


def test_waiting_survives_a_server_that_is_away_for_a_moment(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, accepted())
    server.on("GET", f"executions/{ID}", problem(503, "draining"), execution())
    assert cli("run", "orders", "--wait").code == 0


@pytest.mark.parametrize("trouble", [Reply(status=0), problem(503, "draining")])
@pytest.mark.parametrize("given", [[], ["--idempotency-key", "k-1"]])
def test_a_run_whose_server_dies_while_it_is_waited_for_is_not_started_twice(
    cli: Cli, server: FakeServer, trouble: Reply, given: list[str]
) -> None:
    server.on("POST", RUN, trouble, execution())
    assert cli("run", "orders", "--wait", *given).code == 0
    keys = [request.headers["idempotency-key"] for request in server.sent("POST")]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert set(keys) == {"k-1"} or not given


def test_a_run_whose_server_stays_away_tells_its_key(
    cli: Cli, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur.following._OUT_OF_REACH_SECONDS", 0.5)
    server.on("POST", RUN, Reply(status=0))
    done = cli("run", "orders", "--wait")
    keys = {request.headers["idempotency-key"] for request in server.sent("POST")}
    assert (done.code, len(keys)) == (3, 1)
    assert f"--idempotency-key {keys.pop()}" in done.err


def test_runs_have_keys_of_their_own(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, execution())
    for _ in range(2):
        cli("run", "orders", "--wait")
    assert len({request.headers["idempotency-key"] for request in server.sent("POST")}) == 2


def test_a_server_that_is_not_there_is_not_waited_for(
    cli: Cli, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.close()
    pauses: list[float] = []
    monkeypatch.setattr("alur.following.time.sleep", pauses.append)
    done = cli("run", "orders", "--wait")
    assert (done.code, pauses, "--idempotency-key" in done.err) == (3, [], False)


def test_the_end_of_patience_is_a_failure_that_says_how_to_go_on(
    cli: Cli, server: FakeServer
) -> None:
    server.on("POST", RUN, accepted())
    server.on("GET", f"executions/{ID}", execution("waiting"))
    done = cli("run", "orders", "--wait", "--timeout", "1ms")
    assert done.code == 1
    assert f"alur logs {ID} -f" in done.err


def test_an_execution_in_doubt_is_not_waited_for(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, execution("in-doubt"))
    done = cli("run", "orders", "--wait")
    assert done.code == 1
    assert f"alur resolve {ID}" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--data", "{"], 2, "no JSON"),
        (["--data", '{"a": NaN}'], 2, "NaN is no JSON number"),
        (["--data", "[" * 10_000], 2, "nested too deep"),
        (["--data", "[1]"], 2, "input[0]"),
        (["--data", "{}", "--file", "x"], 2, "not both"),
        (["--wait", "--timeout", "soon"], 2, "60s"),
        (["--file", "nowhere.json"], 1, "nowhere.json"),
    ],
)
def test_wrong_input_is_told_before_anything_is_sent(
    cli: Cli, server: FakeServer, arguments: list[str], code: int, word: str
) -> None:
    done = cli("run", "orders", *arguments)
    assert done.code == code
    assert word in done.err
    assert server.requests == []


def test_an_unknown_workflow_is_a_failure(cli: Cli, server: FakeServer) -> None:
    server.on("POST", RUN, problem(404, "there is no workflow orders"))
    done = cli("run", "orders")
    assert (done.code, done.err) == (1, "error: there is no workflow orders\n")


def test_logs_tell_what_each_node_did(cli: Cli, server: FakeServer) -> None:
    node = {
        "name": "call",
        "status": "failed",
        "attempts": 3,
        "items": 1,
        "error": {"message": "no"},
    }
    server.on("GET", f"executions/{ID}", execution("failed", nodes=[node]))
    done = cli("logs", ID)
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["call", "failed", "1", "item", "attempt", "3", "no"]


def line(text: str, path: str = "") -> dict[str, Any]:
    at = "2026-01-31T12:00:00.042Z"
    return {"node": "each", "path": path, "attempt": 1, "at": at, "text": text}


def test_logs_tell_what_code_wrote_below_its_node(cli: Cli, server: FakeServer) -> None:
    node = {"name": "each", "status": "succeeded", "attempts": 1, "items": 1, "logs": 2}
    server.on("GET", f"executions/{ID}", execution(nodes=[node]))
    pages = [
        {"items": [line("one")], "nextCursor": "1"},
        {"items": [line("two")], "nextCursor": None},
    ]
    server.on("GET", f"executions/{ID}/logs", *map(Reply, pages))
    said = cli("logs", ID).out.splitlines()[1:3]
    assert [one.split("|")[1].strip() for one in said] == ["one", "two"]
    assert said[0].startswith("12:00:00.042  each ")


def test_following_tells_each_line_once(cli: Cli, server: FakeServer) -> None:
    run = {"name": "each", "status": "succeeded", "attempts": 1, "logs": 1}
    messages: list[tuple[str, dict[str, Any]]] = [
        ("node", run | {"path": "loop[0]"}),
        ("node", run | {"path": "loop[1]"}),
        ("execution", {"id": ID, "status": "succeeded"}),
    ]
    server.on("GET", f"executions/{ID}/events", events(*messages))
    first = [line("one", "loop[0]")]
    pages = [first, [*first, line("two", "loop[1]")]]
    replies = [Reply({"items": page, "nextCursor": None}) for page in pages]
    server.on("GET", f"executions/{ID}/logs", *replies)
    told = [
        one.split("|")[1].strip() for one in cli("logs", ID, "-f").out.splitlines() if "|" in one
    ]
    assert told == ["one", "two"]


def events(*messages: tuple[str, dict[str, Any]]) -> Reply:
    lines = [
        f"id: {n}\ndata: {json.dumps({'type': kind, 'seq': n, 'data': data})}\n\n"
        for n, (kind, data) in enumerate(messages)
    ]
    body = "retry: 1000\n\n: heartbeat\n\n" + "".join(lines)
    return Reply(body.encode(), 200, {"Content-Type": "text/event-stream"})


def test_following_tells_each_change_once_and_ends_with_the_execution(
    cli: Cli, server: FakeServer
) -> None:
    done_node = {"name": "a", "status": "succeeded", "attempts": 1}
    end = {"id": ID, "status": "succeeded"}
    messages: list[tuple[str, dict[str, Any]]] = [
        ("node", {"name": "a", "status": "running", "attempts": 1}),
        ("node", done_node),
        ("node", done_node | {"path": ""}),
        ("execution", end),
    ]
    server.on("GET", f"executions/{ID}/events", events(*messages))
    lines = cli("logs", ID, "-f").out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["a", "running"], ["a", "succeeded"]]
    assert lines[2:] == [f"execution/{ID} succeeded"]


def test_following_ends_where_a_person_has_to_decide(cli: Cli, server: FakeServer) -> None:
    server.on("GET", f"executions/{ID}/events", events(("execution", {"status": "in-doubt"})))
    done = cli("logs", ID, "-f")
    assert (done.out, f"alur resolve {ID}" in done.err) == (f"execution/{ID} in-doubt\n", True)


def test_following_goes_on_when_the_stream_breaks(
    cli: Cli, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    end = events(("execution", {"id": ID, "status": "cancelled"}))
    server.on("GET", f"executions/{ID}/events", events(), problem(503, "draining"), end)
    assert f"execution/{ID} cancelled" in cli("logs", ID, "-f").out


def test_followed_changes_are_one_json_object_a_line(cli: Cli, server: FakeServer) -> None:
    server.on(
        "GET", f"executions/{ID}/events", events(("execution", {"id": ID, "status": "failed"}))
    )
    out = cli("logs", ID, "-f", "-o", "json").out
    assert json.loads(out) == {"type": "execution", "data": {"id": ID, "status": "failed"}}


@pytest.mark.parametrize(
    ("arguments", "verb", "body"),
    [
        (["cancel", ID], "cancel", {}),
        (["replay", ID], "replay", {}),
        (
            ["signal", ID, "approval", "--data", '{"ok": true}'],
            "signal",
            {"name": "approval", "payload": {"ok": True}},
        ),
        (
            ["resolve", ID, "--node", "pay", "--outcome", "done", "--item", "2", "--result", "[1]"],
            "resolve",
            {"node": "pay", "item": 2, "outcome": "done", "output": [1]},
        ),
    ],
)
def test_what_is_done_to_an_execution(
    cli: Cli, server: FakeServer, arguments: list[str], verb: str, body: dict[str, Any]
) -> None:
    server.on("POST", f"executions/{ID}:{verb}", Reply({"id": "0191"}, 202))
    assert cli(*arguments).code == 0
    assert server.sent("POST")[0].body == body


def test_an_outcome_that_is_none_is_wrong_usage(cli: Cli, server: FakeServer) -> None:
    assert cli("resolve", ID, "--node", "pay", "--outcome", "maybe").code == 2


def test_the_log_of_one_node_is_its_items(cli: Cli, server: FakeServer) -> None:
    run = node_run("", [{"json": {"a": 1}}])
    server.on("GET", f"executions/{ID}/nodes/shape", node_page([run]))
    done = cli("logs", ID, "--node", "shape")
    assert (done.code, json.loads(done.out)) == (0, [run])


def test_the_log_of_one_node_is_all_its_items_over_all_pages(cli: Cli, server: FakeServer) -> None:
    first, second = node_run("l[0]", [{"n": 1}]), node_run("l[1]", [{"n": 2}, {"n": 3}])
    pages = [
        node_page([first, node_run("l[1]", [{"n": 2}])], following="c"),
        node_page([node_run("l[1]", [{"n": 3}])]),
    ]
    server.on("GET", f"executions/{ID}/nodes/shape", *pages)
    done = cli("logs", ID, "--node", "shape")
    assert (done.code, json.loads(done.out)) == (0, [first, second])
    assert server.sent("GET")[1].query["cursor"] == "c"


def node_run(path: str, items: list[Any]) -> dict[str, Any]:
    ports = {"input": {"main": items}, "output": {"main": [], "error": items}}
    return {"path": path, "status": "succeeded", **ports}


def node_page(runs: list[dict[str, Any]], following: str | None = None) -> Reply:
    return Reply({"name": "shape", "runs": runs, "nextCursor": following})


def test_a_node_in_a_loop_tells_how_often_it_ran(cli: Cli, server: FakeServer) -> None:
    node = {"name": "shape", "status": "succeeded", "attempts": 1, "items": 9, "runs": 3}
    server.on("GET", f"executions/{ID}", execution(nodes=[node]))
    assert "3 runs  9 items" in cli("logs", ID).out


def test_a_dry_run_sends_nothing_that_changes(cli: Cli, server: FakeServer, tmp_path: Path) -> None:
    server.on("GET", f"executions/{ID}", execution())
    server.on("GET", "workflows/orders", Reply({}))
    assert cli("cancel", ID, "--dry-run").code == 0
    assert cli("run", "orders", "--dry-run").code == 0
    assert server.sent("POST") == []


def test_control_characters_of_a_workflow_do_not_reach_the_terminal(
    cli: Cli, server: FakeServer
) -> None:
    error = {"message": "\x1b[2J gone"}
    server.on("POST", RUN, execution("failed", error=error))
    done = cli("run", "orders", "--wait")
    assert "\x1b" not in done.out + done.err
