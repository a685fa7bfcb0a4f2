from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from alur_common.executions import Batch, Execution, Status
from alur_common.replies import SKIPPED, Outcome
from alur_common.starts import started_id
from alur_engine.journal import Finished, encode_entry
from alur_sdk.errors import StorageError
from tests.support.virtual_time import in_virtual_time
from tests.unit.gateway.world import HOOK_ID, Answered, World, webhook

KEY = {"Idempotency-Key": "k"}
EARLY = {"status": 201, "body": {"a": 1}}
RESPONDED = Finished("respond", "", 1, 1.0, 2.0, {}, reply=EARLY)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_call_is_accepted_once_its_execution_is_kept(world: World) -> None:
    world.keep(webhook())
    answer = await world.hook(body=b'{"id": 7}')
    execution = await world.only_execution()
    assert (answer.status, answer.json) == (202, {"id": execution.id})
    assert answer.headers["alur-execution-id"] == execution.id


async def test_the_item_holds_the_whole_request(world: World) -> None:
    world.keep(webhook(path="orders/:id", methods=["PUT"]))
    await world.hook(
        "orders/7", b'{"a": [1]}', method="PUT", headers={"X-A": "b"}, query="q=1&q=2&r="
    )
    (item,) = (await world.only_execution()).input
    assert item["body"] == {"a": [1]}
    assert item["params"] == {"id": "7"}
    assert item["query"] == {"q": ["1", "2"], "r": ""}
    assert item["headers"]["x-a"] == "b"
    assert (item["method"], item["path"]) == ("PUT", "orders/7")


async def test_the_result_is_the_first_item_of_the_output(world: World) -> None:
    world.keep(webhook(respond="result"))
    world.succeed({"n": 1}, {"n": 2})
    answer = await world.hook()
    assert (answer.status, answer.json) == (200, {"n": 1})
    assert answer.headers["content-length"] == str(len(answer.body))


async def test_the_result_may_be_all_items(world: World) -> None:
    world.keep(webhook(respond="result", result="all"))
    world.succeed({"n": 1}, {"n": 2})
    assert (await world.hook()).json == [{"n": 1}, {"n": 2}]


async def test_no_output_is_204(world: World) -> None:
    world.keep(webhook(respond="result"))
    world.succeed()
    answer = await world.hook()
    assert (answer.status, answer.body) == (204, b"")


async def test_a_failed_execution_is_a_problem_with_its_id(world: World) -> None:
    world.keep(webhook(respond="result"))
    world.run = lambda _: Outcome("ended", "failed", error={"code": "x", "message": "no stock"})
    answer = await world.hook()
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"] == "no stock"
    assert answer.json["executionId"] == answer.headers["alur-execution-id"]


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [(SKIPPED, 429, "execution-skipped"), ("by hand", 500, "execution-cancelled")],
)
async def test_a_call_that_the_limit_skips_may_come_again_and_one_that_is_cancelled_failed(
    world: World, reason: str, status: int, code: str
) -> None:
    world.keep(webhook(respond="result"))
    world.run = lambda _: Outcome("ended", "cancelled", error={"message": reason})
    answer = await world.hook()
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (status, code, reason)


async def test_a_byte_order_mark_before_json_says_nothing(world: World) -> None:
    world.keep(webhook())
    for content_type in ("application/json", "application/json; charset=utf-8", ""):
        headers = {"content-type": content_type}
        answer = await world.hook(body=b'\xef\xbb\xbf{"a": 1}', headers=headers)
        execution = await world.executions.get(answer.headers["alur-execution-id"])
        assert execution.input[0]["body"] == {"a": 1}


async def test_one_that_waits_is_202_at_once(world: World) -> None:
    world.keep(webhook(respond="result"))
    world.run = lambda _: Outcome("waiting", "waiting")
    answer = await world.hook()
    assert (answer.status, answer.json) == (202, {"id": answer.headers["alur-execution-id"]})


async def test_one_that_takes_too_long_is_202(world: World) -> None:
    world.keep(webhook(respond="result"))
    assert (await world.hook()).status == 202


@pytest.mark.parametrize("mode", ["accepted", "result", "node"])
async def test_a_repeated_key_gets_the_first_answer(world: World, mode: str) -> None:
    world.keep(webhook(respond=mode))
    world.succeed({"n": 1})
    headers = {"Idempotency-Key": "k"}
    answers = [await world.hook(headers=headers) for _ in range(3)]
    assert len({(a.status, a.body, a.headers["alur-execution-id"]) for a in answers}) == 1
    await world.only_execution()


async def test_a_repeated_key_answers_what_the_node_said(world: World) -> None:
    world.keep(webhook(respond="node"))
    world.run = lambda _: Outcome("reply", "running", reply={"status": 201, "body": {"a": 1}})
    answers = [await world.hook(headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [(a.status, a.json) for a in answers] == [(201, {"a": 1})] * 2


async def _replied(world: World) -> Answered:
    """Answer a first call by a node, while its execution goes on."""
    world.keep(webhook(respond="node"))
    world.run = lambda _: Outcome("reply", "running", reply=EARLY)
    first = await world.hook(headers=KEY)
    assert first.status == 201
    return first


@pytest.mark.parametrize("status", ["running", "waiting", "in-doubt"])
async def test_a_repeat_is_answered_as_the_first_while_the_execution_goes_on(
    world: World, status: Status
) -> None:
    first = await _replied(world)
    execution = await world.only_execution()
    goes_on = replace(execution, status=status, reply=None, epoch=1)
    await world.executions.save(goes_on)
    await world.journals.append(Batch(execution.id, 1, 1, [encode_entry(RESPONDED)]))
    again = await world.hook(headers=KEY)
    assert (again.status, again.body) == (first.status, first.body)


async def test_a_call_whose_reply_was_lost_is_answered_by_what_the_store_says(
    world: World,
) -> None:
    def end(execution: Execution) -> Outcome:
        return Outcome("ended", "failed", error={"message": "late"}, reply=EARLY)

    world.keep(webhook(respond="node"))
    world.run = end
    assert (await world.hook()).status == 201


@pytest.mark.parametrize(("mode", "body"), [("node", {"a": 1}), ("result", {"n": 1})])
@in_virtual_time
async def test_a_repeat_at_another_gateway_is_answered_soon_after_the_end(
    mode: str, body: dict[str, int]
) -> None:
    """The executor tells the gateway of the first call, which is gone."""
    world = World(reply_seconds=30)
    world.keep(webhook(respond=mode))
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(world.hook(headers=KEY))
    await asyncio.sleep(1)
    first.cancel()
    again = asyncio.create_task(world.hook(headers=KEY))
    await asyncio.sleep(5)
    execution = await world.only_execution()
    output = [{"n": 1}]
    ended = replace(execution, status="succeeded", output=output, reply=EARLY, nodes=[])
    await world.executions.save(ended)
    begun = loop.time()
    assert (await again).json == body
    assert loop.time() - begun <= 2


@in_virtual_time
async def test_a_call_that_is_told_nothing_looks_into_the_store_when_its_time_is_over() -> None:
    world = World(reply_seconds=30)
    world.keep(webhook(respond="result"))
    call = asyncio.create_task(world.hook())
    await asyncio.sleep(5)
    execution = await world.only_execution()
    ended = replace(execution, status="succeeded", output=[{"n": 1}], nodes=[])
    await world.executions.save(ended)
    answer = await call
    assert (answer.status, answer.json) == (200, {"n": 1})


@in_virtual_time
async def test_a_call_whose_store_is_out_of_reach_is_accepted_all_the_same() -> None:
    """A sender without a key who is told of a failure would start a second execution."""

    async def fail(_: str) -> Execution:
        raise StorageError("out of reach")

    world = World(reply_seconds=30)
    world.keep(webhook(respond="result"))
    world.executions.get = fail  # type: ignore[method-assign, assignment]  # the store leaves
    world.executions.find = fail  # type: ignore[method-assign, assignment]
    assert (await world.hook()).status == 202


async def test_a_repeated_key_is_answered_as_the_first_also_after_its_removal(world: World) -> None:
    world.keep(webhook(respond="result"))
    world.succeed({"n": 1})
    first = await world.hook(headers={"Idempotency-Key": "k"})
    execution = await world.only_execution()
    await world.executions.save(execution.removed(world.clock.now() + 60))
    again = await world.hook(headers={"Idempotency-Key": "k"})
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["alur-execution-id"] == execution.id


async def test_a_key_with_another_body_is_refused(world: World) -> None:
    world.keep(webhook())
    await world.hook(body=b'{"a":1}', headers={"Idempotency-Key": "k"})
    answer = await world.hook(body=b'{"a":2}', headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.json["code"]) == (422, "idempotency-mismatch")


async def test_no_key_of_a_webhook_is_one_of_the_api_whatever_the_trigger_is_called(
    world: World,
) -> None:
    ids = set()
    for trigger in ("in", "run", "error"):
        world.keep(webhook(trigger))
        ids.add((await world.hook(headers={"Idempotency-Key": "k"})).json["id"])
    of_api = {started_id(world.hooks.records[HOOK_ID], (who, "k")) for who in ("run", "error")}
    assert len(ids) == 3
    assert not ids & of_api


async def test_the_trigger_may_name_the_header_of_the_key(world: World) -> None:
    world.keep(webhook(idempotencyHeader="X-GitHub-Delivery"))
    answers = [await world.hook(headers={"x-github-delivery": "d"}) for _ in range(2)]
    assert answers[0].json == answers[1].json


async def test_what_core_respond_says_is_answered(world: World) -> None:
    world.keep(webhook(respond="node"))
    reply = {"status": 418, "headers": {"X-Tea": "pot"}, "body": "no coffee"}
    world.run = lambda _: Outcome("reply", "running", reply=reply)
    answer = await world.hook()
    assert (answer.status, answer.body) == (418, b"no coffee")
    assert answer.headers["x-tea"] == "pot"


async def test_html_of_a_node_is_sandboxed_and_sets_no_cookie(world: World) -> None:
    world.keep(webhook(respond="node"))
    headers = {"Content-Type": "text/html", "Set-Cookie": "a=b", "X-Bad": "a\r\nSet-Cookie: c=d"}
    reply = {"status": 200, "headers": headers, "body": "<script>alert(1)</script>"}
    world.run = lambda _: Outcome("reply", "running", reply=reply)
    answer = await world.hook()
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert "x-bad" not in answer.headers


async def test_a_large_result_of_a_first_call_comes_from_its_blob(world: World) -> None:
    world.keep(webhook(respond="result"))
    first = await world.hook(headers={"Idempotency-Key": "k"})
    execution = await world.executions.get(first.json["id"])
    blob = await world.blobs.put(json.dumps([{"big": 1}]).encode())
    await world.executions.save(replace(execution, output_blob=blob, status="succeeded"))
    assert (await world.hook(headers={"Idempotency-Key": "k"})).json == {"big": 1}


async def test_unknown_suspended_and_disabled_webhooks_do_not_exist(world: World) -> None:
    assert (await world.hook()).status == 404
    world.keep(webhook(), suspend=True)
    assert (await world.hook()).status == 404
    world.keep({**webhook(), "disabled": True})
    assert (await world.hook()).status == 404
    world.keep(webhook())
    assert (await world.hook("elsewhere")).status == 404


async def test_another_method_is_told_which_ones_work(world: World) -> None:
    world.keep(webhook(methods=["POST", "PUT"]))
    answer = await world.hook(method="DELETE")
    assert (answer.status, answer.headers["allow"]) == (405, "POST, PUT")


async def test_a_body_above_its_limit_is_refused(world: World) -> None:
    world.keep(webhook(maxBody=10))
    assert (await world.hook(body=b'"123456789"')).status == 413


@pytest.mark.parametrize(
    "body",
    [b"{", b"NaN", b'{"a": NaN}', b'"\\ud800"', b"\xff", b"[" * 300 + b"]" * 300, b"{}x"],
    ids=["half", "nan", "nan inside", "surrogate", "no utf-8", "deep", "more"],
)
async def test_what_is_no_json_is_refused(world: World, body: bytes) -> None:
    world.keep(webhook())
    answer = await world.hook(body=body)
    assert (answer.status, answer.json["code"]) == (400, "malformed")
    assert await world.executions.search([]) == []


async def test_what_the_store_cannot_keep_is_not_acknowledged(world: World) -> None:
    async def fail(_: object) -> None:
        raise StorageError("the disk is full")

    world.keep(webhook())
    world.executions.accept = fail  # type: ignore[method-assign, assignment]  # a full disk
    answer = await world.hook()
    assert (answer.status, answer.json["code"]) == (503, "storage")
    assert answer.headers["retry-after"]


async def test_a_compressed_body_is_refused(world: World) -> None:
    world.keep(webhook())
    assert (await world.hook(headers={"content-encoding": "gzip"})).status == 415
