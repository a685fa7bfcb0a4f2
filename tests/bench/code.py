"""What code of users costs: 100 items through a code node's runner, warm and when the pool starts.

`python -m tests.bench.code` prints the time by the clock (so at least the processor time of all
processes) and the memory of each warm parent. It ends with 1 when memory is over its limit.
"""

from __future__ import annotations

import asyncio
import sys
from statistics import median
from time import perf_counter, process_time

from tests.support.jail import MIB, Cell, cell

RUNS = 200
ITEMS = [{"n": n, "text": "x" * 50, "list": [1, 2, 3]} for n in range(100)]
CODE = {
    "javascript": "return items.map(({ json }) => ({ ...json, total: json.n * 2 }))",
    "python": "return [{**item.json, 'total': item.json.n * 2} for item in items]",
}
MOST_MIB = {"javascript": 15, "python": 25}


async def measure(made: Cell, language: str) -> tuple[float, float, float, float]:
    """Return milliseconds at the start, warm, and of our own processor time; MiB of the parent."""
    begun = perf_counter()
    await made.run(language, CODE[language], ITEMS)
    started = perf_counter() - begun
    times, own = [], process_time()
    for _ in range(RUNS):
        begun = perf_counter()
        await made.run(language, CODE[language], ITEMS)
        times.append(perf_counter() - begun)
    own = (process_time() - own) / RUNS
    resident = made.jail._parents[f"{language}_code"].resident / MIB
    return started * 1e3, median(times) * 1e3, own * 1e3, resident


async def main() -> int:
    """Print a line for each language."""
    over = 0
    async with cell() as made:
        for language in CODE:
            started, warm, own, resident = await measure(made, language)
            over += resident > MOST_MIB[language]
            print(
                f"{language:<11} 100 items: {warm:5.2f} ms warm ({own:.2f} ms of it our own), "
                f"{started:5.1f} ms when the pool starts, {resident:5.1f} MiB a warm parent"
            )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
