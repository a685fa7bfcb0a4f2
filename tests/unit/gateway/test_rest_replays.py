"""Replays over REST: the same input again, once for each key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.rest import EXECUTIONS, WORKFLOWS, RestWorld, changed, saved_world


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await saved_world(tmp_path)


async def started(world: RestWorld, body: object = None) -> str:
    answer = await world.ask(
        "POST", f"{WORKFLOWS}/orders/executions", body or {"input": [{"x": 1}]}
    )
    return str(answer.json["id"])


async def test_a_replay_has_the_same_input_and_version(world: RestWorld) -> None:
    first = await started(world, {"input": [{"x": 7}]})
    await world.ask("PUT", f"{WORKFLOWS}/orders", changed("two"), headers={"if-match": "*"})
    answer = await world.ask("POST", f"{EXECUTIONS}/{first}:replay")
    replayed = await world.executions.get(answer.json["id"])
    assert (replayed.input, replayed.version, replayed.replay_of) == ([{"x": 7}], 1, first)
    newest = await world.ask("POST", f"{EXECUTIONS}/{first}:replay", {"newest": True})
    assert (await world.executions.get(newest.json["id"])).version == 2


async def test_the_same_key_replays_once(world: RestWorld) -> None:
    path, headers = (
        f"{EXECUTIONS}/{await started(world, {'input': [{'x': 7}]})}:replay",
        {"idempotency-key": "k"},
    )
    answers = [await world.ask("POST", path, headers=headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json["id"] == answers[1].json["id"]
    other = await world.ask("POST", path, {"newest": True}, headers=headers)
    assert (other.status, other.json["code"]) == (422, "idempotency-mismatch")


async def test_one_key_replays_each_of_two_executions(world: RestWorld) -> None:
    headers, ids = {"idempotency-key": "k"}, [await started(world), await started(world)]
    answers = [
        await world.ask("POST", f"{EXECUTIONS}/{one}:replay", headers=headers) for one in ids
    ]
    assert len({answer.json["id"] for answer in answers}) == 2
