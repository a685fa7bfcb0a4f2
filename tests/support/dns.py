"""A name server for tests: it answers one set of IPv4 addresses for every name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rdatatype
import dns.rrset


class _Names(asyncio.DatagramProtocol):
    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        (question,) = query.question
        if question.rdtype == dns.rdatatype.A:
            found = dns.rrset.from_text(question.name, 1, "IN", "A", *self._addresses)
            answer.answer.append(found)
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def names(addresses: Sequence[str]) -> AsyncIterator[str]:
    """Yield where a name server answers these addresses."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Names(addresses), local_addr=("127.0.0.1", 0)
    )
    try:
        host, port = transport.get_extra_info("sockname")
        yield f"{host}:{port}"
    finally:
        transport.close()
