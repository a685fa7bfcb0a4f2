"""Outcomes on their way to the very gateway whose caller waits; those for one gateway go together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol, cast

from alur_common.calls.channels import Channels
from alur_common.calls.client import add_calls, methods_of
from alur_common.replies import LOOK, LocalReplies, Outcome
from alur_common.telemetry.logs import get_logger
from alur_common.telemetry.tracing import NOTHING, Kind, Point, Span, Tracer, current
from alur_sdk.errors import AlurError, ByteLimitError

PORT = "replies"
MOST_AT_ONCE = 200
MOST_WAITING = 10_000
_log = get_logger("alur.replies")


class ReplyCalls(Protocol):
    """How a gateway takes outcomes."""

    async def deliver(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Hand each outcome to whoever waits for its execution here; nobody may."""


class ReplyPort:
    """`ReplyCalls` of a gateway."""

    def __init__(self, replies: LocalReplies) -> None:
        self._replies = replies

    async def deliver(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Hand each outcome to whoever waits for its execution here; nobody may."""
        for execution_id, outcome in outcomes:
            self._replies.send(None, execution_id, outcome)


class _Waiting(NamedTuple):
    """An outcome, and the span that came to it."""

    outcome: tuple[str, Outcome]
    point: Point | None


class RemoteReplies:
    """`Replies` to gateways in other processes. What comes while a call is under way goes with the next."""

    def __init__(self, channels: Channels, tracer: Tracer | None = None) -> None:
        self._channels = channels
        self._tracer = tracer
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, gateway: str | None, execution_id: str, outcome: Outcome) -> None:
        if gateway is None:
            return
        span = current()
        one = _Waiting((execution_id, outcome), None if span is None else span.point)
        waiting = self._waiting.get(gateway)
        if waiting is not None:
            if len(waiting) < MOST_WAITING:
                waiting.append(one)
            return
        self._waiting[gateway] = [one]
        task = asyncio.get_running_loop().create_task(self._deliver(gateway))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait until what was sent has arrived, or could not."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _span(self, several: Sequence[_Waiting]) -> Span | None:
        """Begin a span for outcomes that go together: a part of the trace of one, linked to those of several."""
        points = [one.point for one in several if one.point is not None]
        if self._tracer is None or not points:
            return None
        if len(several) == 1:
            return self._tracer.begin("reply", Kind.INTERNAL, parent=points[0])
        return self._tracer.link("replies", Kind.INTERNAL, points)

    async def _deliver(self, gateway: str) -> None:
        waiting = self._waiting[gateway]
        try:
            channel = await self._channels.to(gateway)
            port = cast("ReplyCalls", add_calls(channel, PORT, methods_of(ReplyCalls)))
            while waiting:
                now, waiting[:] = waiting[:MOST_AT_ONCE], waiting[MOST_AT_ONCE:]
                with self._span(now) or NOTHING:
                    await _hand_over(port, [one.outcome for one in now])
        except AlurError as error:
            # Whoever waits there looks into the store by and by, or has gone with it.
            _log.warning("replies not delivered", gateway=gateway, reason=error.message)
        finally:
            del self._waiting[gateway]


async def _hand_over(port: ReplyCalls, outcomes: Sequence[tuple[str, Outcome]]) -> None:
    """Hand them over in as many messages as they need; of one that no message holds the gateway is told to look itself."""
    try:
        await port.deliver(outcomes)
    except ByteLimitError:
        if len(outcomes) == 1:
            await port.deliver([(outcomes[0][0], LOOK)])
            return
        half = len(outcomes) // 2
        await _hand_over(port, outcomes[:half])
        await _hand_over(port, outcomes[half:])
