"""Many requests to one server at once."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.outbound import AllowedNetworks, Asker, Guard, asking
from alur_executor.adapters import http_client
from alur_executor.adapters.http_client import HttpClient
from alur_sdk import HttpRequest, HttpResponse
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


async def test_who_still_waits_for_its_turn_when_a_stop_begins_is_never_sent_and_who_does_not_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "AT_ONE_SERVER", 1)
    held, has_come, seen = asyncio.Event(), asyncio.Event(), list[str]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        has_come.set()
        await held.wait()
        writer.write(http_answer(200, b"{}"))
        writer.close()

    client = HttpClient(Guard(AllowedNetworks.parse("127.0.0.0/8")))
    async with tcp_server(serve) as port:

        def send(path: str) -> asyncio.Task[HttpResponse]:
            request = HttpRequest("GET", f"http://127.0.0.1:{port}{path}", timeout_seconds=60)
            return asyncio.create_task(client.send(request))

        try:
            under_way = send("/under-way")
            await has_come.wait()
            waiting = send("/waiting")
            await asyncio.sleep(0)
            client.turn_away()
            held.set()
            assert (await under_way).status == 200
            await asyncio.wait((waiting,))
            assert waiting.cancelled()
            assert (await send("/next")).status == 200
            assert seen == ["/under-way", "/next"]
        finally:
            await client.close()


@pytest.mark.parametrize("bound", ["AT_ONE_SERVER", "AT_ALL_SERVERS"])
async def test_requests_of_one_tenant_take_no_turn_of_another(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(http_client, bound, 1)
    held = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in await reader.readuntil(b"\r\n\r\n"):
            await held.wait()
        writer.write(http_answer(200, b"{}"))
        writer.close()

    client = HttpClient(Guard(AllowedNetworks.parse("127.0.0.0/8")))
    async with tcp_server(serve) as port:

        async def send(tenant: str, path: str) -> int:
            url = f"http://127.0.0.1:{port}{path}"
            with asking(Asker(tenant, "p", "w", "e", "n")):
                return (await client.send(HttpRequest("GET", url, timeout_seconds=60))).status

        try:
            slow = [asyncio.create_task(send("a", "/slow")) for _ in range(3)]
            await asyncio.sleep(0)
            async with asyncio.timeout(20):
                assert await send("b", "/") == 200
            assert not any(each.done() for each in slow)
            held.set()
            assert await asyncio.gather(*slow) == [200] * 3
        finally:
            await client.close()
