from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from alur_common.executions import Batch
from alur_common.replies import Outcome
from tests.unit.gateway.rest import (
    DOCUMENT,
    EXECUTIONS,
    START,
    WORKFLOWS,
    RestWorld,
    changed,
    saved_world,
    started,
)


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await saved_world(tmp_path)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"input":[{}],"input":[{}]}', "input"),
        (b'{"input":[{"a":{"b":1,"c":2,"b":1}}]}', "input[0].a.b"),
        (b'{"input":[{"n":123456789012345678901234567890,"n":1}]}', "input[0].n"),
        (b'{"input":[{"x":"' + b"x" * 200_000 + b'","x":1}]}', "input[0].x"),
    ],
)
async def test_a_key_that_repeats_is_refused(world: RestWorld, body: bytes, path: str) -> None:
    answer = await world.ask("POST", START, body=body)
    assert (answer.status, answer.json["errors"][0]["path"]) == (400, path)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"[]", "a JSON object is needed here"),
        (b'"x"', "a JSON object is needed here"),
        (b'{"input":[3]}', "input[0]: a JSON object is needed here"),
    ],
)
async def test_what_is_no_object_is_told_without_the_name_of_a_class(
    world: RestWorld, body: bytes, detail: str
) -> None:
    answer = await world.ask("POST", START, body=body)
    assert (answer.status, answer.json["detail"]) == (422, detail)


async def test_a_start_is_accepted_with_its_place(world: RestWorld) -> None:
    answer = await world.ask("POST", START, {"input": [{"x": 1}]})
    assert answer.status == 202
    assert answer.headers["location"] == f"{EXECUTIONS}/{answer.json['id']}"
    shown = (await world.ask("GET", answer.headers["location"])).json
    assert (shown["status"], shown["workflow"], shown["version"]) == ("queued", "orders", 1)
    assert set(shown) >= {
        "id", "workflow", "version", "status", "trigger", "startedAt", "finishedAt", "durationMs",
        "output", "nodes", "traceId",
    }  # fmt: skip


async def test_one_who_waits_gets_the_finished_execution(world: RestWorld) -> None:
    world.succeed({"a": 1})
    answer = await world.ask("POST", START, {"input": [{}]}, query="wait=5")
    assert answer.status == 200
    assert (answer.json["status"], answer.json["output"]) == ("succeeded", [{"a": 1}])


async def test_one_who_waits_too_shortly_gets_the_id(world: RestWorld) -> None:
    answer = await world.ask("POST", START, {"input": [{}]}, query="wait=0")
    assert (answer.status, set(answer.json)) == (202, {"id"})


@pytest.mark.parametrize(
    ("is_told", "expected"), [(True, [2, 4, 8, 16, 16, 14]), (False, [2] * 30)]
)
async def test_one_who_waits_seldom_looks_into_the_store_where_the_end_is_told_to_it(
    world: RestWorld, monkeypatch: pytest.MonkeyPatch, is_told: bool, expected: list[float]
) -> None:
    pauses: list[float] = []

    async def settled(_future: object, seconds: float) -> None:
        pauses.append(seconds)
        world.clock.advance(seconds)

    monkeypatch.setattr("alur_gateway.service.executions._settled", settled)
    headers = {"idempotency-key": "k"}
    if not is_told:
        await world.ask("POST", START, {"input": [{}]}, headers=headers)
    answer = await world.ask("POST", START, {"input": [{}]}, headers=headers, query="wait=60")
    assert (answer.status, pauses) == (202, expected)


async def test_the_same_key_starts_once(world: RestWorld) -> None:
    headers = {"idempotency-key": "k"}
    ids = {
        (await world.ask("POST", START, {"input": [{}]}, headers=headers)).json["id"]
        for _ in range(3)
    }
    assert len(ids) == 1
    other = await world.ask("POST", START, {"input": [{"y": 1}]}, headers=headers)
    assert (other.status, other.json["code"]) == (422, "idempotency-mismatch")


MANUAL = {"name": "by hand", "type": "trigger.manual", "params": {"example": [{"x": 7}]}}


@pytest.mark.parametrize(
    ("body", "begun_with"),
    [
        ({}, [{"x": 7}]),
        ({"start": "by hand"}, [{"x": 7}]),
        ({"start": "in"}, [{}]),
        ({"start": "a"}, [{}]),
        ({"input": []}, []),
        ({"input": [{"x": 1}]}, [{"x": 1}]),
    ],
)
async def test_a_run_without_input_begins_with_the_example_or_one_empty_item(
    world: RestWorld, body: object, begun_with: object
) -> None:
    triggers = [*DOCUMENT["spec"]["triggers"], MANUAL]
    edges = [*DOCUMENT["spec"]["edges"], {"from": "by hand", "to": "a"}]
    spec = {**DOCUMENT["spec"], "triggers": triggers, "edges": edges}
    await world.save({**DOCUMENT, "metadata": {"name": "by-hand"}, "spec": spec})
    await world.ask("POST", f"{WORKFLOWS}/by-hand/executions", body)
    assert (await world.only_execution()).input == begun_with


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"input": {}}, "input"),
        ({"input": [1]}, "input[0]"),
        ({"inptu": []}, "inptu"),
        ({"start": "nowhere"}, "start"),
        ({"version": 0}, "version"),
    ],
)
async def test_a_wrong_start_is_refused_with_its_path(
    world: RestWorld, body: object, path: str
) -> None:
    answer = await world.ask("POST", START, body)
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"inptu": []}, "unknown field `inptu`; did you mean `input`?"),
        ({"data": []}, "unknown field `data`; known: `input`, `start`, `version`"),
    ],
)
async def test_an_unknown_field_is_told_with_those_that_are_known(
    world: RestWorld, body: object, told: str
) -> None:
    answer = await world.ask("POST", START, body)
    assert answer.json["errors"][0]["message"] == told


async def test_an_unknown_workflow_or_version_is_not_found(world: RestWorld) -> None:
    assert (await world.ask("POST", f"{WORKFLOWS}/ghost/executions", {})).status == 404
    assert (await world.ask("POST", START, {"version": 9})).status == 404


async def test_an_old_version_may_be_run(world: RestWorld) -> None:
    await world.ask("PUT", f"{WORKFLOWS}/orders", changed("two"), headers={"if-match": "*"})
    execution_id = await started(world, {"input": [{}], "version": 1})
    assert (await world.ask("GET", f"{EXECUTIONS}/{execution_id}")).json["version"] == 1


async def test_the_list_is_newest_first_filtered_and_paged(world: RestWorld) -> None:
    ids = []
    for _ in range(3):
        world.clock.advance(1)
        ids.append(await started(world))
    first = (await world.ask("GET", EXECUTIONS, query="limit=2&workflow=orders")).json
    rest = (await world.ask("GET", EXECUTIONS, query=f"limit=2&cursor={first['nextCursor']}")).json
    assert [e["id"] for e in first["items"] + rest["items"]] == ids[::-1]
    assert (await world.ask("GET", EXECUTIONS, query="status=failed")).json["items"] == []
    assert (await world.ask("GET", EXECUTIONS, query="status=queued,failed")).json["items"] != []
    for query in ("status=queued&status=failed", "status=failed&status=queued"):
        assert (await world.ask("GET", EXECUTIONS, query=query)).json["items"] != []
    since = (await world.ask("GET", EXECUTIONS, query="since=2026-01-31T12:00:02Z")).json
    assert len(since["items"]) == 2


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("status=gone", "status"),
        ("since=yesterday", "since"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("cursor=!!", "cursor"),
        ("cursor=e30", "cursor"),
    ],
)
async def test_a_wrong_filter_is_refused_with_its_path(
    world: RestWorld, query: str, path: str
) -> None:
    answer = await world.ask("GET", EXECUTIONS, query=query)
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, path)


async def test_what_nodes_wrote_is_paged(world: RestWorld) -> None:
    await world.save()
    path = f"{EXECUTIONS}/{await started(world)}/logs"
    first = (await world.ask("GET", path, query="limit=2")).json
    rest = (await world.ask("GET", path, query=f"limit=2&cursor={first['nextCursor']}")).json
    texts = [line["text"] for line in first["items"] + rest["items"]]
    assert (texts, rest["nextCursor"]) == (["one", "two", "three"], None)
    assert (await world.ask("GET", path, query="node=b")).json["items"] == []


@pytest.mark.parametrize("is_large", [False, True])
async def test_the_journal_shows_what_happened_without_items(
    is_large: bool, world: RestWorld
) -> None:
    execution_id = await started(world)
    finished = ["finished", "a", "", 1, 10.0, 11.0, {"main": [[{"secret": 1}]]}]
    entries = [finished, finished]
    if is_large:
        entries = [["blob", await world.blobs.put(orjson.dumps(entries))]]
    await world.journals.append(Batch(execution_id, 1, 1, entries))
    path = f"{EXECUTIONS}/{execution_id}/journal"
    first = (await world.ask("GET", path, query="limit=1")).json
    assert first["items"][0]["node"] == "a"
    assert first["items"][0]["items"] == {"main": 1}
    assert "secret" not in str(first)
    second = (await world.ask("GET", path, query=f"limit=1&cursor={first['nextCursor']}")).json
    assert (len(second["items"]), second["nextCursor"]) == (1, None)


async def test_the_events_of_an_ended_execution_are_a_snapshot(world: RestWorld) -> None:
    world.succeed({"a": 1})
    answer = await world.ask("POST", START, {"input": [{}]}, query="wait=5")
    events = await world.ask("GET", f"{EXECUTIONS}/{answer.json['id']}/events")
    last = events.body.decode().strip().split("\n\n")[-1]
    assert events.headers["content-type"].startswith("text/event-stream")
    message = orjson.loads(last.split("data: ")[1])
    assert (message["type"], message["data"]["status"]) == ("execution", "succeeded")


async def test_live_events_come_in_order_and_end_with_the_execution(world: RestWorld) -> None:
    execution_id = await started(world)
    execution = await world.executions.get(execution_id)
    follow = world.gateway.use_cases.watching.follow(execution, after=41)
    first = await anext(follow)
    world.progress.tell(execution_id, {"type": "node", "name": "a", "status": "running"})
    ended = replace(execution, status="succeeded", nodes=[], output=[])
    await world.executions.save(ended)
    world.progress.tell(execution_id, {"type": "execution", "status": "succeeded"})
    messages = [first, *[message async for message in follow]]
    assert [(m.seq, m.type, m.data["status"]) for m in messages] == [
        (42, "execution", "queued"),
        (43, "node", "running"),
        (44, "execution", "succeeded"),
    ]


async def test_the_end_repeats_no_node_that_was_told_before(world: RestWorld) -> None:
    execution_id = await started(world)
    execution = await world.executions.get(execution_id)
    node = {"name": "a", "status": "succeeded", "attempts": 1, "items": 1}
    skipped = {"name": "b", "status": "skipped", "attempts": 0, "items": 0}
    follow = world.gateway.use_cases.watching.follow(execution)
    messages = [await anext(follow)]
    waiting = replace(execution, status="waiting", nodes=[node])
    await world.executions.save(waiting)
    world.progress.tell(execution_id, {"type": "node", "path": "", **node})
    world.progress.tell(execution_id, {"type": "execution", "status": "waiting"})
    messages += [await anext(follow), await anext(follow)]
    current = await world.executions.get(execution_id)
    ended = replace(current, status="succeeded", nodes=[node, skipped], output=[])
    await world.executions.save(ended)
    world.progress.tell(execution_id, {"type": "execution", "status": "succeeded"})
    messages += [message async for message in follow]
    assert [(m.seq, m.data.get("name"), m.data["status"]) for m in messages] == [
        (1, None, "queued"),
        (2, "a", "succeeded"),
        (3, None, "waiting"),
        (4, "b", "skipped"),
        (5, None, "succeeded"),
    ]


async def test_a_failed_execution_shows_its_error(world: RestWorld) -> None:
    error = {"code": "node-failed", "message": "no stock", "node": "a"}
    world.run = lambda _: Outcome("ended", "failed", error=error)
    answer = await world.ask("POST", START, {"input": [{}]}, query="wait=5")
    assert (answer.json["status"], answer.json["error"]) == ("failed", error)


async def test_an_execution_of_another_project_does_not_exist(world: RestWorld) -> None:
    execution_id = await started(world)
    await world.ask("POST", "/api/v1/projects", {"name": "other"})
    other = f"/api/v1/projects/other/executions/{execution_id}"
    assert (await world.ask("GET", other)).status == 404
    assert (await world.ask("GET", "/api/v1/projects/ghost/executions")).status == 404


async def test_a_document_that_was_saved_by_hand_runs_suspended_too(world: RestWorld) -> None:
    suspended = {**DOCUMENT, "spec": {**DOCUMENT["spec"], "suspend": True}}
    await world.ask("PUT", f"{WORKFLOWS}/orders", suspended, headers={"if-match": "*"})
    assert (await world.ask("POST", START, {"input": [{}]})).status == 202
