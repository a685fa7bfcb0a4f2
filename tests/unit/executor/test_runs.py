"""Node runs: retries, time-outs, cancellation, and what leaves memory while it waits."""

from __future__ import annotations

import asyncio
import gc
import itertools
from typing import Any

import pytest

from alur_common.security.records import UnsealedCredential
from alur_nodes.core.split import Split
from alur_sdk import Item, NodeContext
from alur_sdk.errors import Permanent, RateLimited, Retryable
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

NOT_YET = Retryable("not yet")
THREE = {"attempts": 4, "delay": "PT1S", "factor": 2, "jitter": 0}


def _pauses(world: World) -> list[float]:
    times = [call.at for call in world.outside.calls]
    return [round(b - a, 1) for a, b in itertools.pairwise(times)]


@in_virtual_time
async def test_pauses_between_attempts_grow(world: World) -> None:
    world.outside.next = [NOT_YET, NOT_YET, NOT_YET, None]
    ended = await world.run(chain(node("a", retry=THREE)), {"n": 1})
    assert (ended.status, _pauses(world)) == ("succeeded", [1.0, 2.0, 4.0])
    assert len({call.key for call in world.outside.calls}) == 1


@in_virtual_time
async def test_who_asks_to_wait_longer_is_heard(world: World) -> None:
    world.outside.next = [RateLimited("slower", 4.5), None]
    await world.run(chain(node("a", retry=THREE)), {"n": 1})
    assert _pauses(world) == [4.5]


@in_virtual_time
async def test_attempts_come_to_an_end(world: World) -> None:
    world.outside.next = [NOT_YET] * 9
    ended = await world.run(chain(node("a", retry=THREE)), {"n": 1})
    assert (ended.status, len(world.outside.calls)) == ("failed", 4)
    assert ended.error == {"code": "node-failed", "message": "not yet", "node": "a"}


@in_virtual_time
async def test_what_is_permanent_is_not_tried_again(world: World) -> None:
    world.outside.next = [Permanent("no")]
    assert (await world.run(chain(node("a", retry=THREE)), {"n": 1})).status == "failed"
    assert len(world.outside.calls) == 1


@in_virtual_time
async def test_a_node_that_makes_too_many_items_is_stopped_before_it_has_made_them_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Item] = []
    split = Split.run_item

    def counted(self: Split, params: Any, item: Item, ctx: NodeContext) -> list[Item]:  # noqa: ANN401 as the node type has it
        taken.append(item)
        return split(self, params, item, ctx)

    monkeypatch.setattr(Split, "run_item", counted)
    rows = {"field": "rows", "into": "rows"}
    spec = chain(*(node(name, "core.split", params=rows) for name in ("outer", "inner")))
    ended = await world.run(spec, {"rows": [[number] * 1000 for number in range(300)]})
    assert ended.error is not None
    assert (ended.status, ended.error["node"]) == ("failed", "inner")
    assert "101000 items from one node run: the limit is 100000" in ended.error["message"]
    assert {item.json["rows"][0] for item in taken[1:]} == set(range(101))


@in_virtual_time
async def test_a_long_pause_is_not_spent_in_memory(world: World) -> None:
    world.outside.next = [NOT_YET, None]
    retry = {"attempts": 2, "delay": "PT1H", "maxDelay": "PT1H", "jitter": 0}
    executor = await world.executor()
    execution_id = await world.start(chain(node("a", retry=retry)), {"n": 1})
    waiting = await world.rest(execution_id, "waiting")
    assert (waiting.owner, executor._sessions) == (None, {})
    assert (await world.rest(execution_id)).status == "succeeded"
    assert 3600 <= _pauses(world)[0] < 3602


@pytest.mark.parametrize(("on_error", "port"), [("continue", "main"), ("branch", "error")])
@in_virtual_time
async def test_what_fails_may_go_on_as_an_error_item(
    world: World, on_error: str, port: str
) -> None:
    world.outside.next = [Permanent("no"), None]
    after = node("b", "core.set", params={"fields": {"seen": "{{ $json.error.message }}"}})
    spec = chain(node("a", onError=on_error), after)
    spec["edges"][0]["output"] = port
    ended = await world.run(spec, {"n": 1})
    assert (ended.status, ended.output[0]["seen"]) == ("succeeded", "no")


@in_virtual_time
@pytest.mark.parametrize(
    ("type_name", "params", "field"),
    [
        ("core.set", {"fields": {"b": ["{{ null.x }}"]}}, "params.fields.b[0]"),
        ("core.set", {"fields": {"b.c": ["{{ null.x }}"]}}, 'params.fields["b.c"][0]'),
        ("core.unique", {"by": ["a", "[{{ 1 }}"]}, "params.by[1]"),
    ],
)
async def test_what_fails_in_a_parameter_names_its_field_as_documents_do(
    world: World, type_name: str, params: dict[str, Any], field: str
) -> None:
    ended = await world.run(chain(node("a", type_name, params=params)))
    assert ended.error is not None
    assert (ended.error["node"], ended.error["field"]) == ("a", field)


@in_virtual_time
async def test_a_node_that_takes_too_long_is_stopped_and_tried_again(world: World) -> None:
    world.outside.hold()
    spec = chain(node("a", timeout="PT3S", retry=THREE))
    ended = await world.run(spec, {"n": 1})
    assert (ended.status, _pauses(world)) == ("succeeded", [4.0])


@in_virtual_time
async def test_an_execution_that_takes_too_long_fails(world: World) -> None:
    world.outside.hold()
    ended = await world.run(chain(node("a"), settings={"timeout": "PT10S"}), {"n": 1})
    assert ended.status == "failed"
    assert (ended.error or {})["code"] == "timeout"
    assert (ended.finished_at or 0) - (ended.started_at or 0) == pytest.approx(10, abs=0.1)


@in_virtual_time
async def test_the_time_of_an_execution_goes_on_while_it_waits(world: World) -> None:
    spec = chain(node("a", "core.wait", params={"for": "PT1H"}), settings={"timeout": "PT1M"})
    ended = await world.run(spec, {"n": 1})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "timeout")


@in_virtual_time
async def test_cancelling_stops_a_node_that_runs(world: World) -> None:
    held = world.outside.hold()
    await world.executor()
    execution_id = await world.start(chain(node("a"), node("b")), {"n": 1})
    await asyncio.sleep(0.1)
    await world.tell(execution_id, "cancel", "cancel", reason="by hand")
    ended = await world.rest(execution_id)
    assert (ended.status, ended.reason, held.cancelled()) == ("cancelled", "by hand", True)


@in_virtual_time
async def test_a_signal_ends_a_wait_and_is_its_item(world: World) -> None:
    await world.executor()
    spec = chain(node("ask", "core.wait", params={"signal": "approved"}))
    execution_id = await world.start(spec, {"n": 1})
    assert (await world.rest(execution_id, "waiting")).wake_at is None
    await world.tell(execution_id, "signal", "approved", by="Ayu")
    assert (await world.rest(execution_id)).output == [{"by": "Ayu"}]


@in_virtual_time
async def test_a_signal_that_came_too_early_is_kept(world: World) -> None:
    held = world.outside.hold()
    await world.executor()
    spec = chain(node("a"), node("ask", "core.wait", params={"signal": "approved"}))
    execution_id = await world.start(spec, {"n": 1})
    await asyncio.sleep(0.1)
    await world.tell(execution_id, "signal", "approved", by="Ayu")
    held.set_result(None)
    assert (await world.rest(execution_id)).output == [{"by": "Ayu"}]


@in_virtual_time
async def test_the_one_who_waits_is_told_the_end(world: World) -> None:
    await world.executor()
    world.definitions.add("w", chain(node("a", "core.set", params={"fields": {"b": 2}})))
    execution_id = "0190a000-0000-7000-8000-000000000001"
    with world.replies.expect(execution_id) as told:
        await world.start(
            world.definitions.workflows["w"].document["spec"], {"n": 1}, id=execution_id
        )
        outcome = await told
    assert (outcome.kind, outcome.status, outcome.output) == (
        "ended",
        "succeeded",
        [{"n": 1, "b": 2}],
    )


@in_virtual_time
async def test_a_reply_is_durable_before_it_is_told(world: World) -> None:
    await world.executor()
    respond = node("answer", "core.respond", params={"status": 201, "body": "{{ $json.n }}"})
    execution_id = "0190a000-0000-7000-8000-000000000002"
    world.outside.hold()
    with world.replies.expect(execution_id) as told:
        await world.start(chain(respond, node("later")), {"n": 7}, id=execution_id)
        outcome = await told
    assert outcome.reply == {"status": 201, "headers": {}, "body": 7}
    batches = await world.journals.read(execution_id)
    assert any("answer" in entry for batch in batches for entry in batch.entries)


@in_virtual_time
async def test_the_higher_priority_goes_first_when_there_is_no_room(world: World) -> None:
    await world.executor(executions=1)
    held = world.outside.hold()
    await world.start(chain(node("a")), {"n": 0}, name="first")
    await asyncio.sleep(0.1)
    for name, priority in (("low", -5), ("high", 5), ("middle", 0)):
        spec = chain(node("a"), settings={"priority": priority})
        await world.start(spec, {"n": name}, name=name)
    await asyncio.sleep(0.1)
    held.set_result(None)
    await asyncio.sleep(1)
    assert [call.body["n"] for call in world.outside.calls] == [0, "high", "middle", "low"]


@in_virtual_time
async def test_an_event_that_comes_twice_starts_nothing_twice(world: World) -> None:
    held = world.outside.hold()
    await world.executor()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await asyncio.sleep(0.1)
    await world.takers.take([await world.executions.get(execution_id)])
    held.set_result(None)
    await world.rest(execution_id)
    await world.takers.take([await world.executions.get(execution_id)])
    await asyncio.sleep(1)
    assert len(world.outside.calls) == 1


@in_virtual_time
async def test_an_execution_leaves_nothing_for_the_garbage_collector(world: World) -> None:
    spec = chain(
        node("a", "core.set", params={"fields": {"b": "{{ $json.n + 1 }}"}}),
        node("count", "core.aggregate", params={"values": [{"as": "count", "function": "count"}]}),
    )
    await world.run(spec, {"n": 1})
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await world.start(spec, {"n": 1})
            await asyncio.sleep(0.1)
        assert gc.collect() < 20
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("kind", "status"), [("bearer", "succeeded"), ("jwt", "failed"), ("kafka", "failed")]
)
@in_virtual_time
async def test_a_node_is_given_credentials_of_the_types_of_its_slot_alone(
    world: World, kind: str, status: str
) -> None:
    world.definitions.secrets["c"] = UnsealedCredential(kind, {"token": "t", "secret": "s"})
    request = {"method": "POST", "url": "https://shop.example/", "body": {"n": 1}}
    asking = node("a", "http.request", params=request, credentials={"auth": "c"})
    ended = await world.run(chain(asking), {"n": 1})
    assert (ended.status, len(world.outside.calls)) == (status, int(status == "succeeded"))
    if status == "failed":
        assert ended.error is not None
        assert ended.error["code"] == "bad-credential"
        assert f"the credential c is of type `{kind}`" in ended.error["message"]


@in_virtual_time
async def test_a_credential_is_given_to_nodes_of_its_types_alone(world: World) -> None:
    world.definitions.secrets["c"] = UnsealedCredential(
        "bearer", {"token": "t"}, node_types=("trigger.webhook",), name="c"
    )
    request = {"method": "POST", "url": "https://shop.example/"}
    ended = await world.run(
        chain(node("a", "http.request", params=request, credentials={"auth": "c"})), {"n": 1}
    )
    assert (ended.status, world.outside.calls) == ("failed", [])
    assert ended.error is not None
    assert (
        "'a', credentials.auth: the credential c may be used by trigger.webhook only"
        in (ended.error["message"])
    )
    event = world.noted.only
    assert (event.kind, event.reason, event.target, event.node) == (
        "credential-refused",
        "not for this type of node",
        "c",
        "a",
    )


@in_virtual_time
async def test_a_credential_goes_to_its_hosts_alone_wherever_an_expression_leads(
    world: World,
) -> None:
    world.definitions.secrets["c"] = UnsealedCredential(
        "bearer", {"token": "t"}, domains=("*.shop.example",), name="c"
    )
    request = {"method": "POST", "url": "https://{{ $json.host }}/", "body": {"n": 1}}
    asking = chain(node("a", "http.request", params=request, credentials={"auth": "c"}))
    assert (await world.run(asking, {"host": "api.shop.example"})).status == "succeeded"
    ended = await world.run(asking, {"host": "shop.evil.example"})
    assert (ended.status, len(world.outside.calls)) == ("failed", 1)
    assert ended.error is not None
    assert (
        "params.url: the credential c may be sent to *.shop.example only, not to shop.evil."
        in (ended.error["message"])
    )
    event = world.noted.only
    assert (event.kind, event.reason, event.target, event.execution) == (
        "credential-refused",
        "not for this host",
        "c to shop.evil.example",
        ended.id,
    )


HEAVY = "{{ [...Array(60)].map((_, i) => [...Array(60)].map((_, j) => i * j).length).length }}"


@pytest.mark.parametrize("sees", ["", "{{ $input.first().json.n }}"], ids=["an item", "more"])
async def test_long_work_on_many_items_lets_others_go_on_and_ends_in_time(
    world: World, sees: str
) -> None:
    """By the clock: the expressions of all items take some two seconds."""
    many = node(
        "many", "core.set", params={"fields": {"n": HEAVY, "first": sees}}, timeout="PT0.3S"
    )
    gaps: list[float] = []

    async def others() -> None:
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            await asyncio.sleep(0)
            gaps.append(loop.time() - begun)

    beside = asyncio.create_task(others())
    ended = await world.run(chain(many), *({"n": number} for number in range(300)))
    beside.cancel()
    assert ended.error is not None
    assert (ended.status, ended.error["message"]) == ("failed", "it took longer than PT0.3S")
    assert max(gaps) < 0.5
