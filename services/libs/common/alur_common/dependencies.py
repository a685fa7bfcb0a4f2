"""What a process cannot work without: looked for now and then, so that no request pays for knowing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from alur_common.telemetry import Metrics
from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import AlurError

LOOK_SECONDS = 1.0
"""Between two looks."""
ANSWER_SECONDS = 3.0
"""How long an answer may take."""
LOST_SECONDS = 5.0
"""How long something has to be away until it counts as lost: a blink takes nobody out of service."""
Look = Callable[[], Awaitable[object]]
Tell = Callable[[str], Awaitable[object]]
_log = get_logger("alur.dependencies")


class Dependencies:
    """The stores and brokers of a process. Nothing to look for is nothing to lose."""

    def __init__(self, looks: Mapping[str, Look], metrics: Metrics) -> None:
        """`looks` is name -> a look that raises `AlurError` when it finds nothing."""
        self._looks = looks
        self._up = metrics.gauge("dependency_up")
        self._lost: dict[str, bool] = dict.fromkeys(looks, False)

    async def follow(self, tell: Tell) -> None:
        """Tell what is out of reach whenever that changes, until cancelled; nothing (an empty text): all is there again.

        The text names what is lost, and never where it is: it may be shown to anybody. The log says more.
        """
        async with asyncio.TaskGroup() as group:
            for name, look in self._looks.items():
                self._up.labels(name).set(1)
                group.create_task(self._watch(name, look, tell))
            await asyncio.Event().wait()

    async def _watch(self, name: str, look: Look, tell: Tell) -> None:
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while True:
            reason = await _fault(look)
            now = loop.time()
            if not reason:
                seen = now
            is_lost = now - seen >= LOST_SECONDS
            if is_lost is not self._lost[name]:
                self._lost[name] = is_lost
                self._up.labels(name).set(not is_lost)
                _log.warning("dependency", name=name, is_lost=is_lost, reason=reason)
                await tell(self._said())
            await asyncio.sleep(LOOK_SECONDS)

    def _said(self) -> str:
        lost = [name for name, is_lost in self._lost.items() if is_lost]
        return f"{' and '.join(lost)}: out of reach" if lost else ""


async def _fault(look: Look) -> str:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await look()
    except TimeoutError:
        return f"no answer within {ANSWER_SECONDS:g} s"
    except AlurError as error:
        return error.message
    return ""
