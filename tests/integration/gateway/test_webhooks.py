"""Webhooks of a real `alur dev`, as their callers see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.alur_dev import AlurDev

EXECUTIONS = "/api/v1/projects/default/executions"
WORKFLOW = "/api/v1/projects/default/workflows/hooked"
WAIT = {"name": "node", "type": "core.wait", "params": {"signal": "go"}}
Hook = Callable[..., str]


@pytest.fixture
def hook(platform: AlurDev) -> Iterator[Hook]:
    """Make a workflow of one node behind a webhook, and return its address."""

    def make(node: dict[str, Any], *, settings: dict[str, Any] | None = None, **params: Any) -> str:
        trigger = {"name": "in", "type": "trigger.webhook", "params": {"path": "in", **params}}
        edges = [{"from": "in", "to": "node"}]
        spec = {"triggers": [trigger], "nodes": [node], "edges": edges, "settings": settings or {}}
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
    assert {answer.json()["code"] for answer in skipped} == {"execution-cancelled"}
    assert all(answer.json()["detail"].startswith("skipped: ") for answer in skipped)
