"""What tests serve with leaves nothing open behind, whenever a client comes."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings

import pytest

from tests.support.tcp_server import tcp_server


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("stays", [True, False], ids=["who stays", "who has gone"])
async def test_a_client_of_the_last_moment_leaves_no_connection(turns: int, stays: bool) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        async with tcp_server(echo) as port:
            client = socket.create_connection(("127.0.0.1", port))
            if not stays:
                client.close()
            for _ in range(turns):
                await asyncio.sleep(0)
        client.close()
        gc.collect()
    assert [str(each.message) for each in seen] == []


async def test_what_a_handler_raises_is_not_lost() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise ValueError("not this")

    async def call() -> None:
        async with tcp_server(refuse) as port:
            socket.create_connection(("127.0.0.1", port)).close()
            await asyncio.sleep(0.05)

    with pytest.raises(ValueError, match="not this"):
        await call()
