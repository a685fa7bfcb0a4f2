"""Outcomes on their way to a gateway by real calls: however large, none keeps another from arriving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager

from alur_common.calls.channels import Channels
from alur_common.calls.replies import PORT, RemoteReplies, ReplyPort
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import MAX_MESSAGE_BYTES, CallSettings
from alur_common.replies import LOOK, LocalReplies, Outcome
from alur_common.telemetry import Metrics

SECONDS = 20
SMALL = Outcome("ended", "succeeded", [{"a": 1}])


@asynccontextmanager
async def _a_gateway(local: LocalReplies) -> AsyncIterator[tuple[str, RemoteReplies]]:
    """Yield the address of a gateway, and the way to it."""
    settings = CallSettings()
    server = CallsServer(settings, Metrics(), None)
    server.serve(PORT, [ReplyPort(local).deliver])
    address = settings.reached_at(await server.start("127.0.0.1", 0))
    channels = Channels(settings)
    replies = RemoteReplies(channels)
    try:
        yield address, replies
    finally:
        await replies.close()
        await channels.close()
        await server.stop()


async def _arrived(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Send all in one moment; return what arrives."""
    local = LocalReplies()
    async with _a_gateway(local) as (address, replies):
        with ExitStack() as stack:
            futures = [
                stack.enter_context(local.expect(str(number))) for number in range(len(outcomes))
            ]
            for number, outcome in enumerate(outcomes):
                replies.send(address, str(number), outcome)
            async with asyncio.timeout(SECONDS):
                return [await future for future in futures]


async def test_what_no_message_holds_is_to_be_looked_for_and_the_others_arrive() -> None:
    large = Outcome("ended", "succeeded", [{"a": "x" * MAX_MESSAGE_BYTES}])
    assert await _arrived([SMALL, large, SMALL]) == [SMALL, LOOK, SMALL]


async def test_many_that_are_too_large_together_all_arrive() -> None:
    sent = [Outcome("ended", "succeeded", [{"a": f"{n:03}" * 70_000}]) for n in range(100)]
    assert await _arrived(sent) == sent
