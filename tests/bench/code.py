"""What code of users costs: 100 items through a runner, warm and when the pool starts.

`python -m tests.bench.code` prints processor time (our own, and that of the runner from its fork to
its answer) beside what it should take, time by the clock, and the memory of each warm parent after its
runs: all that is resident, and how much of that is its own, for the rest is code that it shares with the
executor. The parent of JavaScript runs expressions too. It ends with 1 when the resident memory is over
its limit: times are no test.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from alur_engine.expressions import JailedJavaScript, Limits
from alur_jail import Ears, RunLimits
from alur_jail.runner import Runner
from tests.support.jail import MIB, Cell, cell, memory, warm_parent

RUNS = 200
ITEMS = [{"n": n, "text": "x" * 50, "list": [1, 2, 3]} for n in range(100)]
CODE = {
    "javascript": "return items.map(({ json }) => ({ ...json, total: json.n * 2 }))",
    "python": "return [{**item.json, 'total': item.json.n * 2} for item in items]",
}
EXPRESSION = "[...(function* () { yield $json.n })()][0]"


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
    compiled = JailedJavaScript().compile(EXPRESSION, Limits())
    request = {
        "sources": [{"script": compiled.script, "changes": compiled.changes}],
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
            told = Path(f"/proc/{runner._pid}/schedstat").read_text()
            taken.append(int(told.split()[0]) / 1e6)
        close(runner)

    setattr(Runner, "close", measured)  # noqa: B010  # mypy knows no change of a method
    try:
        yield taken
    finally:
        setattr(Runner, "close", close)  # noqa: B010  # as it was


async def measure(made: Cell, case: Case) -> bool:
    """Print a line; return whether its memory is over the limit."""
    begun = perf_counter()
    await case.run(made)
    started = (perf_counter() - begun) * 1e3
    times, own = [], process_time()
    with runners_watched() as taken:
        for _ in range(RUNS):
            begun = perf_counter()
            await case.run(made)
            times.append((perf_counter() - begun) * 1e3)
    own = (process_time() - own) / RUNS * 1e3
    resident, own_memory = (size / MIB for size in memory(warm_parent(case.parent)))
    processor = own + median(taken)
    print(
        f"{case.name:<16} 100 items: {processor:5.2f} ms of processor ({own:.2f} ours; "
        f"wanted {case.most_ms:g}), "
        f"{median(times):5.2f} ms by the clock, {started:6.1f} ms at the start, "
        f"{resident:4.1f} MiB ({own_memory:.1f} its own; wanted {case.most_mib:g})"
    )
    return resident > case.most_mib


async def main() -> int:
    """Measure all cases."""
    async with cell() as made:
        return int(any([await measure(made, case) for case in CASES]))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
