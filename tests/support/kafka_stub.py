"""A broker that only tells of others: it answers what versions it speaks, and which brokers there are."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.protocol.admin import ApiVersionResponse_v0
from aiokafka.protocol.metadata import MetadataResponse_v0

from tests.support.tcp_server import tcp_server

_HEADER = struct.Struct(">ihhi")
_VERSIONS, _METADATA = 18, 3
_SPOKEN = [(0, 0, 3), (1, 0, 4), (_METADATA, 0, 0), (_VERSIONS, 0, 0), (22, 0, 0)]
"""Number of a call, its oldest and its newest form: enough for a producer to begin."""


@asynccontextmanager
async def kafka_stub(
    host: str, port: int, topic: str = "orders", *, stays: bool = False
) -> AsyncIterator[int]:
    """Yield the port of a broker which says that the leader of a topic is at `host:port`.

    It says that this is the only broker, unless it `stays` one beside.
    """
    topics = [(0, topic, [(0, 0, 1, [1], [1])])]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own_port = writer.get_extra_info("sockname")[1]
        brokers = [(1, host, port), *([(2, "127.0.0.1", own_port)] if stays else [])]
        metadata = MetadataResponse_v0(brokers, topics).encode()
        answers = {_VERSIONS: ApiVersionResponse_v0(0, _SPOKEN).encode(), _METADATA: metadata}
        try:
            while True:
                size, call, _version, number = _HEADER.unpack(await reader.readexactly(12))
                await reader.readexactly(size - 8)
                answer = struct.pack(">i", number) + answers[call]
                writer.write(struct.pack(">i", len(answer)) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with tcp_server(serve) as listens_at:
        yield listens_at
