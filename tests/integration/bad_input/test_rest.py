"""What is no document is refused over REST with a problem that names the place, and nobody else waits."""

from __future__ import annotations

import gzip
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.bad_input.conftest import (
    WORKFLOWS,
    WRONG,
    document,
    many_nodes,
    memory_mib,
)
from tests.support.alur_dev import AlurDev

ONE = f"{WORKFLOWS}/bad"
MAX_GROWTH_MIB = 400
"""What a hundred thousand nodes may take while they are read and counted."""


def put(platform: AlurDev, body: bytes | str, kind: str = "", **more: str) -> httpx.Response:
    is_json = body[:1] in {"{", "[", b"{", b"["}
    default = "application/json" if is_json else "application/yaml"
    headers = {"content-type": kind or default, "if-none-match": "*", **more}
    return platform.rest.put(ONE, content=body, headers=headers)


def check(answer: httpx.Response, word: str) -> None:
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert re.search(word, answer.text)
    assert all({"path", "code", "message"} <= fault.keys() for fault in answer.json()["errors"])
    assert answer.json()["errors"]


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_with_its_path(platform: AlurDev, what: str) -> None:
    body, word = WRONG[what]
    check(put(platform, body), word)


@pytest.mark.parametrize("verb", ["POST", "PUT draft", "publish", "validate"])
def test_every_way_in_refuses_alike(platform: AlurDev, verb: str) -> None:
    ways = {
        "POST": ("POST", WORKFLOWS),
        "PUT draft": ("PUT", f"{ONE}/draft"),
        "publish": ("POST", f"{ONE}:publish"),
        "validate": ("POST", "/api/v1/validate"),
    }
    method, path = ways[verb]
    answer = platform.rest.request(method, path, content='{"a": 1, "a": 2}', headers=JSON)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "a")


JSON = {"content-type": "application/json"}


def test_ten_megabytes_are_refused_and_the_answer_is_heard(platform: AlurDev) -> None:
    body = b'{"a": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    for connection in ("close", "keep-alive"):
        answer = put(platform, body, connection=connection)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_other_types_of_content_are_refused(platform: AlurDev, kind: str) -> None:
    assert put(platform, b"{}", kind).status_code == 415


def test_what_is_compressed_is_refused_unread(platform: AlurDev) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    before = memory_mib(platform)
    answer = put(platform, bomb, "application/json", **{"content-encoding": "gzip"})
    assert answer.status_code == 415
    assert memory_mib(platform) - before < 20


def test_a_hundred_thousand_nodes_are_counted_quickly_and_again(platform: AlurDev) -> None:
    body, before = many_nodes(), memory_mib(platform)
    for _ in range(5):
        begun = time.monotonic()
        (fault,) = put(platform, body).json()["errors"]
        assert (fault["path"], fault["code"]) == ("spec.nodes", "limit")
        assert time.monotonic() - begun < 5
    assert memory_mib(platform) - before < MAX_GROWTH_MIB


def test_others_are_answered_meanwhile(platform: AlurDev) -> None:
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(put, platform, many_nodes())
        waits = []
        while not refused.done():
            begun = time.monotonic()
            assert httpx.get(f"{platform.url}/healthz").status_code == 200
            waits.append(time.monotonic() - begun)
    assert refused.result().status_code == 422
    assert max(waits, default=0) < 2


def request_of(platform: AlurDev, length: int) -> bytes:
    return (
        f"PUT {ONE} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {platform.token}\r\n"
        f'content-type: application/json\r\ncontent-length: {length}\r\n\r\n{{"a"'
    ).encode()


def test_a_body_that_stops_half_way_is_dropped(platform: AlurDev) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", platform.port)) as client:
            client.sendall(request_of(platform, 100))
    assert platform.rest.get("/healthz").status_code == 200


def test_a_slow_client_is_told_so_and_holds_nobody_up(platform: AlurDev) -> None:
    with socket.create_connection(("127.0.0.1", platform.port), timeout=40) as client:
        client.sendall(request_of(platform, 100))
        assert platform.rest.get("/healthz").status_code == 200
        assert client.recv(4096).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"input": [1]}, "input[0]"),
        ({"input": [{}] * 100_001}, "input"),
        ({"inptu": []}, "inptu"),
        ({"input": [], "start": 5}, "start"),
    ],
    ids=["no object", "too many", "unknown", "kind"],
)
def test_wrong_input_of_a_run_is_refused(
    platform: AlurDev, body: dict[str, Any], path: str
) -> None:
    platform.rest.put(f"{WORKFLOWS}/good", json=document("good"), headers={"if-none-match": "*"})
    answer = platform.rest.post(f"{WORKFLOWS}/good/executions", json=body)
    platform.rest.delete(f"{WORKFLOWS}/good", headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
