"""`ExecutionsService` as a client sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Value

from alur_api.executions.v1 import executions_pb2 as pb
from alur_common.replies import Outcome
from tests.integration.grpc.conftest import Remote, struct


@pytest.fixture(autouse=True)
async def _saved(remote: Remote) -> None:
    assert (await remote.world.save()).status == 201


async def start(remote: Remote, **more: Any) -> pb.Execution:
    request = pb.RunRequest(workflow="orders", **more)
    return (await remote.executions.Run(request, metadata=remote.sign())).execution  # type: ignore[no-any-return]  # the stub is untyped


async def get(remote: Remote, execution_id: str) -> pb.Execution:
    request = pb.GetRequest(id=execution_id)
    return (await remote.executions.Get(request, metadata=remote.sign())).execution  # type: ignore[no-any-return]  # the stub is untyped


async def refused(remote: Remote, method: str, request: object) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await getattr(remote.executions, method)(request, metadata=remote.sign())
    return error.value.code()


async def test_a_run_that_is_waited_for_comes_back_ended(remote: Remote) -> None:
    ended = await start(remote, input=[struct({"x": 1})], wait=Duration(seconds=5))
    assert ended.status == pb.STATUS_SUCCEEDED
    assert dict(ended.output[0]) == {"total": 3}
    assert ended.finished_at.seconds > ended.accepted_at.seconds
    kept = await remote.world.only_execution()
    assert kept.input == [{"x": 1}]


async def test_a_failure_names_its_node_and_field(remote: Remote) -> None:
    told = {"code": "bad-parameter", "message": "no", "node": "a", "field": "params.by[1]"}
    remote.world.run = lambda _: Outcome("ended", "failed", [], error=told)
    ended = await start(remote, wait=Duration(seconds=5))
    assert ended.error == pb.Error(**told)
    assert (await get(remote, ended.id)).error == ended.error


async def test_a_run_without_input_begins_with_one_empty_item(remote: Remote) -> None:
    await start(remote)
    assert (await remote.world.only_execution()).input == [{}]


async def test_waiting_never_goes_beyond_the_deadline_of_the_call(remote: Remote) -> None:
    remote.world.run = lambda _: None
    request = pb.RunRequest(workflow="orders", wait=Duration(seconds=0, nanos=1))
    answer = await remote.executions.Run(request, metadata=remote.sign(), timeout=0.3)
    assert answer.execution.status == pb.STATUS_QUEUED


async def test_the_same_request_id_is_the_same_execution(remote: Remote) -> None:
    first = await start(remote, input=[struct({"x": 1})], request_id="k")
    again = await start(remote, input=[struct({"x": 1})], request_id="k", wait=Duration(seconds=1))
    assert again.id == first.id
    other = pb.RunRequest(workflow="orders", input=[struct({"x": 2})], request_id="k")
    assert await refused(remote, "Run", other) is grpc.StatusCode.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (pb.RunRequest(workflow="ghost"), grpc.StatusCode.NOT_FOUND),
        (pb.RunRequest(workflow="orders", version=9), grpc.StatusCode.NOT_FOUND),
        (pb.RunRequest(workflow="orders", start="ghost"), grpc.StatusCode.INVALID_ARGUMENT),
        (pb.RunRequest(workflow="orders", project="ghost"), grpc.StatusCode.NOT_FOUND),
    ],
)
async def test_what_cannot_be_run_is_refused(
    remote: Remote, request_: pb.RunRequest, code: grpc.StatusCode
) -> None:
    assert await refused(remote, "Run", request_) is code


async def test_executions_are_listed_and_filtered(remote: Remote) -> None:
    ids = [(await start(remote)).id for _ in range(3)]
    first = await remote.executions.List(
        pb.ListRequest(page_size=2, workflow="orders"), metadata=remote.sign()
    )
    rest = await remote.executions.List(
        pb.ListRequest(page_token=first.next_page_token), metadata=remote.sign()
    )
    assert {e.id for e in (*first.executions, *rest.executions)} == set(ids)
    failed = pb.ListRequest(statuses=[pb.STATUS_FAILED])
    listed = await remote.executions.List(failed, metadata=remote.sign())
    assert list(listed.executions) == []


async def test_a_status_that_is_none_is_refused(remote: Remote) -> None:
    request = pb.ListRequest(statuses=[pb.STATUS_UNSPECIFIED])
    assert await refused(remote, "List", request) is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_queued_execution_is_cancelled_and_an_ended_one_is_not(remote: Remote) -> None:
    remote.world.run = lambda _: None
    queued = await start(remote)
    request = pb.CancelRequest(id=queued.id, reason="not needed")
    answer = await remote.executions.Cancel(request, metadata=remote.sign())
    assert (answer.execution.status, answer.execution.reason) == (
        pb.STATUS_CANCELLED,
        "not needed",
    )
    remote.world.succeed()
    ended = await start(remote, wait=Duration(seconds=5))
    code = await refused(remote, "Cancel", pb.CancelRequest(id=ended.id))
    assert code is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_replay_is_a_new_execution_of_the_same_input(remote: Remote) -> None:
    ended = await start(remote, input=[struct({"x": 1})], wait=Duration(seconds=5))
    request = pb.ReplayRequest(id=ended.id)
    again = (await remote.executions.Replay(request, metadata=remote.sign())).execution
    assert again.id != ended.id
    kept = await remote.world.executions.get(again.id)
    assert (kept.replay_of, kept.input) == (ended.id, [{"x": 1}])


async def test_the_same_request_id_replays_once(remote: Remote) -> None:
    request = pb.ReplayRequest(id=(await start(remote)).id, request_id="k")
    new = {
        (await remote.executions.Replay(request, metadata=remote.sign())).execution.id
        for _ in range(2)
    }
    assert len(new) == 1
    other = pb.ReplayRequest(id=request.id, request_id="k", newest=True)
    assert await refused(remote, "Replay", other) is grpc.StatusCode.ALREADY_EXISTS


async def test_a_signal_reaches_the_inbox(remote: Remote) -> None:
    remote.world.run = lambda _: None
    waiting = await start(remote)
    request = pb.SignalRequest(id=waiting.id, name="approval", payload=struct({"ok": True}))
    await remote.executions.Signal(request, metadata=remote.sign())
    (message,) = await remote.world.inbox.read(waiting.id)
    assert (message.kind, message.key, message.payload) == ("signal", "approval", {"ok": True})
    nameless = pb.SignalRequest(id=waiting.id)
    assert await refused(remote, "Signal", nameless) is grpc.StatusCode.INVALID_ARGUMENT


async def test_what_is_in_doubt_is_resolved_and_nothing_else(remote: Remote) -> None:
    remote.world.run = lambda _: None
    started = await start(remote)
    request = pb.ResolveRequest(
        id=started.id, node="a", outcome=pb.OUTCOME_DONE, item=0, output=Value(string_value="x")
    )
    assert await refused(remote, "Resolve", request) is grpc.StatusCode.FAILED_PRECONDITION
    kept = await remote.world.executions.get(started.id)
    await remote.world.executions.save(replace(kept, status="in-doubt"))
    await remote.executions.Resolve(request, metadata=remote.sign())
    (message,) = await remote.world.inbox.read(started.id)
    assert message.payload == {"node": "a", "path": "", "item": 0, "outcome": "done", "output": "x"}


async def test_an_ended_execution_is_watched_to_its_end(remote: Remote) -> None:
    ended = await start(remote, wait=Duration(seconds=5))
    request = pb.WatchRequest(id=ended.id)
    messages = [m async for m in remote.executions.Watch(request, metadata=remote.sign())]
    assert messages[-1].execution.status == pb.STATUS_SUCCEEDED
    assert messages[-1].resume_token == str(len(messages))


async def test_changes_come_while_it_runs(remote: Remote) -> None:
    remote.world.run = lambda _: None
    running = await start(remote)
    watch = remote.executions.Watch(pb.WatchRequest(id=running.id), metadata=remote.sign())
    assert (await watch.read()).execution.status == pb.STATUS_QUEUED
    change = {"type": "node", "name": "a", "path": "", "status": "running", "attempts": 1}
    remote.world.progress.tell(running.id, change)
    seen = (await watch.read()).node
    assert (seen.name, seen.status, seen.attempts) == ("a", pb.STATUS_RUNNING, 1)
    remote.world.progress.tell(running.id, {"type": "execution", "status": "running"})
    whole = (await watch.read()).execution
    assert (whole.id, whole.workflow, whole.status) == (running.id, "orders", pb.STATUS_RUNNING)
    watch.cancel()


async def test_an_unknown_execution_is_not_found(remote: Remote) -> None:
    for method, request in (
        ("Get", pb.GetRequest(id="nope")),
        ("Cancel", pb.CancelRequest(id="nope")),
        ("Replay", pb.ReplayRequest(id="nope")),
        ("Signal", pb.SignalRequest(id="nope", name="x")),
        ("Resolve", pb.ResolveRequest(id="nope", node="a", outcome=pb.OUTCOME_DONE)),
    ):
        assert await refused(remote, method, request) is grpc.StatusCode.NOT_FOUND
