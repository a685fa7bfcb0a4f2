"""Webhooks of a real `alur dev`, as their callers see them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.alur_dev import AlurDev

EXECUTIONS = "/api/v1/projects/default/executions"
WORKFLOW = "/api/v1/projects/default/workflows/hooked"
WAIT = {"name": "node", "type": "core.wait", "params": {"signal": "go"}}
RESPOND = {
    "name": "say",
    "type": "core.respond",
    "params": {"status": 201, "body": {"early": True}},
}
SLOW = {"name": "slow", "type": "core.wait", "params": {"for": "PT3S"}}
STOP = {"name": "stop", "type": "core.stop", "params": {"message": "late"}}
Hook = Callable[..., str]


@pytest.fixture
def hook(platform: AlurDev) -> Iterator[Hook]:
    """Make a workflow of nodes one after the other behind a webhook, and return its address."""

    def make(*nodes: dict[str, Any], settings: dict[str, Any] | None = None, **params: Any) -> str:
        trigger = {"name": "in", "type": "trigger.webhook", "params": {"path": "in", **params}}
        names = ["in", *(node["name"] for node in nodes)]
        edges = [{"from": left, "to": right} for left, right in itertools.pairwise(names)]
        spec = {
            "triggers": [trigger],
            "nodes": [*nodes],
            "edges": edges,
            "settings": settings or {},
        }
        document = {"metadata": {"name": "hooked"}, "spec": spec}
        made = platform.rest.put(WORKFLOW, json=document, headers={"if-none-match": "*"})
        assert made.status_code == 201, made.text
        return platform.hook("hooked")

    yield make
    platform.rest.delete(WORKFLOW, headers={"if-match": "*"})


def test_a_caller_whose_execution_was_skipped_is_told_why(platform: AlurDev, hook: Hook) -> None:
    settings = {"concurrency": {"limit": 1, "policy": "skip"}}
    url = hook(WAIT, settings=settings, respond="result")
    first = httpx.post(url, json={}, headers={"idempotency-key": "first"})
    skipped = [httpx.post(url, json={}, headers={"idempotency-key": "second"}) for _ in range(2)]
    platform.rest.post(f"{EXECUTIONS}/{first.headers['alur-execution-id']}:cancel")
    assert first.status_code == 202
    assert {answer.status_code for answer in skipped} == {429}
    assert {answer.json()["code"] for answer in skipped} == {"execution-skipped"}
    assert all(answer.json()["detail"].startswith("skipped: ") for answer in skipped)


@pytest.mark.parametrize("follows", [WAIT, SLOW, STOP], ids=["wait", "slow", "stop"])
def test_a_repeat_is_answered_by_the_node_as_the_first_whatever_goes_on_behind_it(
    platform: AlurDev, hook: Hook, follows: dict[str, Any]
) -> None:
    url = hook(RESPOND, follows, respond="node")
    answers = [httpx.post(url, json={}, headers={"idempotency-key": "k"}) for _ in range(3)]
    platform.rest.post(f"{EXECUTIONS}/{answers[0].headers['alur-execution-id']}:cancel")
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (201, {"early": True})
    ] * 3
