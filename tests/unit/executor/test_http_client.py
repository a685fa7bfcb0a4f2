"""Many requests to one server at once."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.outbound import AllowedNetworks, Guard
from alur_executor.adapters import http_client
from alur_executor.adapters.http_client import HttpClient
from alur_sdk import HttpRequest
from tests.support.http_server import http_answer
from tests.support.tcp_server import tcp_server


async def test_the_time_of_a_request_that_waits_for_its_turn_does_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "AT_ONE_SERVER", 2)
    held, most, now = asyncio.Event(), 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, now
        await reader.readuntil(b"\r\n\r\n")
        now += 1
        most = max(most, now)
        await held.wait()
        now -= 1
        writer.write(http_answer(200, b"{}"))
        writer.close()

    client = HttpClient(Guard(AllowedNetworks.parse("127.0.0.0/8")))
    async with tcp_server(serve) as port:
        url = f"http://127.0.0.1:{port}"
        ways = ("/", "/other", "/?more=1", "")
        patient = [HttpRequest("GET", url + way, timeout_seconds=60) for way in ways[:2]]
        hasty = [HttpRequest("GET", url + way, timeout_seconds=1) for way in ways[1:]]
        try:
            asked = [asyncio.create_task(client.send(each)) for each in [*patient, *hasty]]
            await asyncio.sleep(1.5)
            held.set()
            assert [answer.status for answer in await asyncio.gather(*asked)] == [200] * len(asked)
            assert most == 2
        finally:
            await client.close()
