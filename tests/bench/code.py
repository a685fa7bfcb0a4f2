"""What code of users costs: 100 items through a runner, warm and when the pool starts.

`python -m tests.bench.code` prints processor time beside what it should take: our own, that of the warm parent,
which forks, and that of the runner from its fork to its answer; at the start that of all processes until the first
answer, the finding of libraries and bubblewrap among them. (Not what the parent then loads for later runners.)
Beside it stand time by the clock, and the memory of each warm parent after its runs: all that is resident, and how
much of that is its own, for the rest is code that it shares with the executor. The parent of JavaScript runs
expressions too. It ends with 1 when the resident memory is over its limit: times are no test.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from alur_engine.expressions import JailedJavaScript, Limits, bridge, helped
from alur_jail import Ears, RunLimits
from alur_jail.runner import Runner
from tests.support.jail import MIB, Cell, cell, memory, processes, warm_parent

RUNS = 200
MOST_AT_START_MS = 80
ITEMS = [{"n": n, "text": "x" * 50, "list": [1, 2, 3]} for n in range(100)]
CODE = {
    "javascript": "return items.map(({ json }) => ({ ...json, total: json.n * 2 }))",
    "python": "return [{**item.json, 'total': item.json.n * 2} for item in items]",
}
COMPILED = JailedJavaScript().compile("[...(function* () { yield $json.n })()][0]", Limits())


@dataclass(frozen=True)
class Case:
    """What is measured, and the most it may take: milliseconds of processor, MiB of the parent."""

    name: str
    parent: str
    run: Callable[[Cell], Awaitable[object]]
    most_ms: float
    most_mib: float


def code(language: str) -> Callable[[Cell], Awaitable[object]]:
    return lambda made: made.run(language, CODE[language], ITEMS)


async def expression(made: Cell) -> object:
    request = {
        "sources": [{"script": COMPILED.script, "changes": COMPILED.changes}],
        "items": [{"json": item} for item in ITEMS],
        "indexes": list(range(len(ITEMS))),
        "now_ms": 0,
        "time_zone": "UTC",
    }
    ears = Ears(lambda _what, _details: None, print)
    return await made.jail.run("acme", "expressions", request, RunLimits(5, 64 * MIB), ears)


CASES = (
    Case("JavaScript code", "javascript_code", code("javascript"), 4, 15),
    Case("Python code", "python_code", code("python"), 5, 25),
    Case("expression", "javascript_code", expression, 3, 15),
)


@contextlib.contextmanager
def runners_watched() -> Iterator[list[float]]:
    """Yield the milliseconds of processor time that each runner has taken when it is closed."""
    taken: list[float] = []
    close = Runner.close

    def measured(runner: Runner) -> None:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            taken.append(taken_by(runner._pid))
        close(runner)

    setattr(Runner, "close", measured)  # noqa: B010  # mypy knows no change of a method
    try:
        yield taken
    finally:
        setattr(Runner, "close", close)  # noqa: B010  # as it was


def taken_by(pid: int) -> float:
    """Return the milliseconds of processor time that a process has taken so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def ended() -> float:
    """Return the milliseconds of processor time of all that we started and that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e3


async def first(made: Cell, case: Case) -> float:
    """Start the warm parent, where it does not run yet, and run once; return the processor time of it all."""
    others, begun = set(processes(os.getpid())), ended() + process_time() * 1e3
    await made.jail._parent(case.parent)
    started = sum(taken_by(pid) for pid in processes(os.getpid()) if pid not in others)
    with runners_watched() as taken:
        await case.run(made)
    return ended() + process_time() * 1e3 - begun + started + sum(taken)


async def measure(made: Cell, case: Case) -> bool:
    """Print a line; return whether its memory is over the limit."""
    started = await first(made, case)
    parent = warm_parent(case.parent)
    await case.run(made)  # the parent answers when it has loaded what later runners need
    times, before = [], (process_time(), taken_by(parent))
    with runners_watched() as taken:
        for _ in range(RUNS):
            begun = perf_counter()
            await case.run(made)
            times.append((perf_counter() - begun) * 1e3)
    own = (process_time() - before[0]) / RUNS * 1e3
    forking = (taken_by(parent) - before[1]) / RUNS
    resident, own_memory = (size / MIB for size in memory(parent))
    print(
        f"{case.name:<16} 100 items: {own + forking + median(taken):5.2f} ms of processor ({own:.2f} ours, "
        f"{forking:.2f} to fork; wanted {case.most_ms:g}), "
        f"{median(times):5.2f} ms by the clock, {started:6.1f} ms of processor at the start "
        f"(wanted {MOST_AT_START_MS}), "
        f"{resident:4.1f} MiB ({own_memory:.1f} its own; wanted {case.most_mib:g})"
    )
    return resident > case.most_mib


async def main() -> int:
    """Measure all cases, with that loaded beforehand which an executor has loaded before it runs code."""
    bridge.names()
    helped("")
    async with cell() as made:
        return int(any([await measure(made, case) for case in CASES]))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
