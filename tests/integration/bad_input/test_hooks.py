"""What a webhook is sent and cannot read starts nothing."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.bad_input.conftest import WORKFLOWS, document
from tests.support.alur_dev import AlurDev

TRIGGER = {
    "name": "in",
    "type": "trigger.webhook",
    "params": {"path": "bad", "respond": "result", "maxBody": 100_000},
}


@pytest.fixture
def hook(platform: AlurDev) -> Iterator[str]:
    """The address of a webhook that takes a hundred thousand bytes."""
    made = document("hooked", triggers=[TRIGGER], edges=[{"from": "in", "to": "a"}])
    platform.rest.put(f"{WORKFLOWS}/hooked", json=made, headers={"if-none-match": "*"})
    yield platform.hook("hooked")
    platform.rest.delete(f"{WORKFLOWS}/hooked", headers={"if-match": "*"})


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"a": NaN}', "application/json", 400),
        (b'{"a": "\\ud800"}', "application/json", 400),
        (b"[" * 10_000 + b"]" * 10_000, "application/json", 400),
        (b"[" * 300 + b"]" * 300, "application/json", 400),
        (b'{"a": 1e400}', "application/json", 400),
        (b'{"a"', "application/json", 400),
        (b'"\xff"', "application/json", 400),
        (b"\x00", "application/octet-stream", 415),
        (b"x", "multipart/form-data", 400),
        (b'"' + b"x" * 100_000 + b'"', "application/json", 413),
        (b'"' + b"x" * 10_000_000 + b'"', "application/json", 413),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_cannot_be_read_is_refused(hook: str, body: bytes, kind: str, status: int) -> None:
    headers = {"content-type": kind, "connection": "close"}
    answer = httpx.post(hook, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "alur-execution-id" not in answer.headers


def test_what_is_compressed_is_refused(hook: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert httpx.post(hook, content=gzip.compress(b"0" * 10**7), headers=headers).status_code == 415


def test_a_body_that_stops_half_way_starts_nothing(platform: AlurDev, hook: str) -> None:
    head = f"POST {urlsplit(hook).path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", platform.port)) as client:
        client.sendall(head.encode())
    assert platform.rest.get("/healthz").status_code == 200
