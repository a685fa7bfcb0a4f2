"""Look-ups of names: in threads of their own, and few at once for each tenant."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from weakref import WeakValueDictionary

from alur_common.outbound.decisions import tenant_asking
from alur_sdk.errors import Retryable

AT_ONCE = 64
OF_A_TENANT = 4
"""A resolver that is silent holds each look-up for half a minute, whether or not anybody waits for it still."""
WAITS_SECONDS = 15.0


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class SystemResolver:
    """Asks the system, off the event loop; what one tenant asks for keeps no other from being answered."""

    def __init__(self, look_up: Callable[[str, int], list[str]] = _addresses) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alur-lookups")
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host; raises `OSError` when it has none, `Retryable` without a turn in time."""
        turn = self._turns.get(tenant := tenant_asking())
        if turn is None:
            turn = self._turns[tenant] = asyncio.Semaphore(OF_A_TENANT)
        await _come_to(turn, host)
        work = partial(self._look_up, host, port)
        answer = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Not when who asked goes away: the thread is taken until the resolver has answered.
        answer.add_done_callback(lambda _: turn.release())
        return await asyncio.shield(answer)


async def _come_to(turn: asyncio.Semaphore, host: str) -> None:
    try:
        async with asyncio.timeout(WAITS_SECONDS):
            await turn.acquire()
    except TimeoutError as error:
        raise Retryable(
            f"{host} was not looked up: {OF_A_TENANT} other names are, and whoever knows them is silent",
            host=host,
            code="unreachable",
        ) from error
