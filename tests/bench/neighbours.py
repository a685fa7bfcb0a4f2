"""How slow one tenant becomes while another one's code runs away: endless loops, memory, forks, huge patterns.

`python -m tests.bench.neighbours [rounds] [seconds]` measures the calm tenant alone and beside the wild one, in turns,
and prints the ratio of each pair of rounds: the 99th percentile by the clock of 100 items through a runner, and of an
execution without code through a whole `alur dev`; beside one wild code after the other, and beside as many at once as
a tenant may have. The median ratio should be 1.2 at most, on a machine where little else runs. Before that it prints what holds on a busy one too: how much of one core a process of the executor's
priority gets beside four endless loops, with the priorities that keep them back and without.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import structlog

from alur_sdk.errors import AlurError
from tests.bench.code import CODE, ITEMS, taken_by
from tests.bench.load import chain
from tests.support.alur_dev import AlurDev
from tests.support.jail import MIB, OPEN, Cell, cell, processes, warm_parent

PAUSE_SECONDS = 0.005
LIMIT_SECONDS = 0.5
WILD_AT_ONCE = {"one": 1, "sixteen": 16}
LOOPS = 4
LOWEST = 19
WILD = [
    ("javascript", "while (true);"),
    ("python", "x = [bytearray(1 << 20) for _ in range(1024)]"),
    ("python", f"{OPEN}while True:\n  try: os.fork()\n  except OSError: pass"),
    ("python", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')"),
    ("javascript", "/(a+)+$/.test('a'.repeat(60) + 'b')"),
    ("javascript", "const all = []; while (true) all.push(new Uint8Array(1e7).fill(1))"),
]
Once = Callable[[], Awaitable[object]]


async def latencies(once: Once, seconds: float) -> list[float]:
    """Return how many milliseconds each call took, one after the other."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        await once()
        found.append((time.perf_counter() - begun) * 1e3)
        await asyncio.sleep(PAUSE_SECONDS)
    return found


@contextlib.asynccontextmanager
async def beside(wild: Once, at_once: int) -> AsyncIterator[None]:
    """Keep so many wild ones going meanwhile; what they have begun is over when this returns."""
    is_over = asyncio.Event()

    async def forever() -> None:
        while not is_over.is_set():
            with contextlib.suppress(AlurError):
                await wild()

    running = [asyncio.create_task(forever()) for _ in range(at_once)]
    await asyncio.sleep(2 * LIMIT_SECONDS)
    try:
        yield
    finally:
        is_over.set()
        await asyncio.gather(*running)


async def compare(name: str, calm: Once, wild: Once, rounds: int, seconds: float) -> None:
    """Print a line for each pair of rounds, and the median of their ratios."""
    await latencies(calm, 1)
    for many, at_once in WILD_AT_ONCE.items():
        ratios = []
        for _ in range(rounds):
            alone = await latencies(calm, seconds)
            async with beside(wild, at_once):
                shared = await latencies(calm, seconds)
            (fair, slow), (low, high) = (
                (median(each), quantiles(each, n=100)[98]) for each in (alone, shared)
            )
            ratios.append(high / slow)
            print(
                f"{name}: alone {fair:.2f} ms, p99 {slow:.2f}; beside {many} {low:.2f} ms, p99 {high:.2f}; "
                f"ratio of p99 {ratios[-1]:.2f}"
            )
        print(f"{name}: beside {many}, median ratio of p99 {median(ratios):.2f} (wanted 1.2)")


async def of_shares(seconds: float) -> None:
    """Print how much of a core runaway code leaves to whoever has the executor's priority."""
    async with cell() as made:
        await made.run("javascript", "return []")
        own = os.getpriority(os.PRIO_PROCESS, 0)
        for name, priority in (("with their priorities", LOWEST), ("without", own)):
            ours, theirs = await _shares(made, priority, seconds)
            print(
                f"shares of a core {name}: a busy executor {ours:.0%}, four endless loops of one tenant "
                f"{theirs:.0%}: {ours / theirs:.1f} times as much"
            )


async def _shares(made: Cell, priority: int, seconds: float) -> tuple[float, float]:
    """Return what share of a core a busy process gets, and what all the loops beside it, at this priority."""
    parent = warm_parent("javascript_code")
    while processes(parent) != [parent]:  # noqa: ASYNC110  # those of the time before tell nobody that they end
        await asyncio.sleep(0.05)
    loops = [
        asyncio.create_task(made.run("javascript", "while (true);", seconds=60, tenant="wild"))
        for _ in range(LOOPS)
    ]
    runners: list[int] = []
    while len(runners) != LOOPS or any(map(_is_quick, runners)):
        await asyncio.sleep(0.05)
        runners = processes(parent)[1:]
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:  # noqa: ASYNC220  nothing else runs
        try:
            for pid in (busy.pid, *runners):
                os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})
            for pid in runners:
                os.setpriority(os.PRIO_PROCESS, pid, priority)
            begun = time.monotonic()
            before = [taken_by(pid) for pid in (busy.pid, *runners)]
            await asyncio.sleep(seconds)
            after = [taken_by(pid) for pid in (busy.pid, *runners)]
            took = (time.monotonic() - begun) * 1e3
        finally:
            busy.kill()
            for each in loops:
                each.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
    ours, *theirs = ((late - early) / took for late, early in zip(after, before, strict=True))
    return ours, sum(theirs)


def _is_quick(pid: int) -> bool:
    return os.getpriority(os.PRIO_PROCESS, pid) != LOWEST


async def of_code(rounds: int, seconds: float) -> None:
    """Compare code of a calm tenant."""
    async with cell() as made:
        kinds = cycle(WILD)

        async def calm() -> object:
            return await made.run("javascript", CODE["javascript"], ITEMS, tenant="calm")

        await compare("code", calm, lambda: _wild(made, next(kinds)), rounds, seconds)


async def _wild(made: Cell, kind: tuple[str, str]) -> object:
    return await made.run(*kind, seconds=LIMIT_SECONDS, memory=64 * MIB, tenant="wild")


async def of_executions(rounds: int, seconds: float) -> None:
    """Compare executions without code of a whole platform."""
    with tempfile.TemporaryDirectory() as folder:
        platform = AlurDev(Path(folder) / "data")
        platform.start()
        try:
            for each in (chain("calm", 3), _wild_workflow()):
                path = f"/api/v1/projects/default/workflows/{each['metadata']['name']}"
                platform.rest.put(path, json=each).raise_for_status()
            calm, wild = (
                _caller(platform, platform.hook(name), number)
                for name, number in (("calm", 1), ("wild", 2))
            )
            await compare("executions", calm, wild, rounds, seconds)
        finally:
            platform.kill()


def _wild_workflow() -> dict[str, Any]:
    nodes = [
        {
            "name": f"wild{number}",
            "type": "core.code",
            "params": {
                "language": language,
                "code": code,
                "limits": {"time": f"PT{LIMIT_SECONDS}S", "memory": "64Mi"},
            },
            "onError": "continue",
        }
        for number, (language, code) in enumerate(WILD)
    ]
    made = chain("wild", 0)
    made["spec"]["nodes"] = nodes
    made["spec"]["edges"] = [{"from": "in", "to": node["name"]} for node in nodes]
    return made


def _caller(platform: AlurDev, url: str, number: int) -> Once:
    target = urlsplit(url)
    body = f'{{"n":{number}}}'.encode()
    head = f"POST {target.path} HTTP/1.1\r\nhost: {target.netloc}\r\nconnection: close\r\n"
    request = f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"

    async def once() -> object:
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        try:
            writer.write(request.encode() + body)
            answer = await reader.read()
            assert b" 200 " in answer[:20] or b" 500 " in answer[:20], answer[:300]
            return answer
        finally:
            writer.close()

    return once


def _silent(_logger: object, _name: str, _event: structlog.types.EventDict) -> str:
    raise structlog.DropEvent


async def main() -> None:
    """Measure all three."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    structlog.configure(processors=[_silent])
    await of_shares(seconds)
    await of_code(rounds, seconds)
    await of_executions(rounds, seconds)


if __name__ == "__main__":
    asyncio.run(main())
