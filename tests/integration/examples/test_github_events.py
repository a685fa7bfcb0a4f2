"""The first example takes everything that GitHub sends."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.alur_dev import AlurDev
from tests.support.github import Delivery, deliveries

OPENED = ("issues", "opened")


@pytest.fixture
def opened() -> Delivery:
    """GitHub tells that an issue was opened."""
    return next(d for d in deliveries() if (d.event, d.payload.get("action")) == OPENED)


def beginning(delivery: Delivery) -> str:
    """Return how the answer to a delivery begins."""
    payload = delivery.payload
    match delivery.event:
        case "issues":
            return f"issue #{payload['issue']['number']} {payload['action']}: "
        case "pull_request":
            return f"pull request #{payload['number']} {payload['action']}: "
        case "push":
            return "removed " if payload["deleted"] else "pushed to "
    return f"nothing: {delivery.event} is not routed"


@pytest.fixture
def github(examples: AlurDev) -> Iterator[httpx.Client]:
    """GitHub: a client without a token, whose base is the webhook."""
    with httpx.Client(base_url=examples.hook("github-events"), timeout=30) as client:
        yield client


def send(github: httpx.Client, delivery: Delivery, **headers: str) -> httpx.Response:
    return github.post("", content=delivery.body, headers={**delivery.headers(), **headers})


def test_all_329_payloads_are_answered_with_what_was_done(github: httpx.Client) -> None:
    assert len(deliveries()) == 329
    for delivery in deliveries():
        answer = send(github, delivery)
        assert answer.status_code == 200, f"{delivery.id}: {answer.text}"
        assert answer.json()["did"].startswith(beginning(delivery)), delivery.id


def test_a_repeated_delivery_runs_once(github: httpx.Client, opened: Delivery) -> None:
    first, second = send(github, opened), send(github, opened)
    assert first.headers["alur-execution-id"] == second.headers["alur-execution-id"]
    assert first.json() == second.json()


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc"])
def test_a_wrong_signature_is_refused(
    github: httpx.Client, opened: Delivery, signature: str
) -> None:
    answer = send(github, opened, **{"x-hub-signature-256": signature})
    assert answer.status_code == 401
    assert "alur-execution-id" not in answer.headers


def test_a_changed_body_is_refused(github: httpx.Client, opened: Delivery) -> None:
    answer = github.post("", content=opened.body + b" ", headers=opened.headers())
    assert answer.status_code == 401
