"""Is the cost of an execution flat, from a thousand to a million stored ones and from 1 to 1,000 at once?

Run it as `python -m tests.bench.curves`. It prints both curves as ratios to their first point, draws them in
`docs/images/cost-curves.svg`, and adds a line to `tests/bench/history.jsonl`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from alur.dev.store import opened
from alur_common.clock import uuid7
from alur_common.executions import Execution, StoredExecutions
from alur_sdk.instants import rfc3339
from tests.bench.drawing import Curve, draw
from tests.bench.load import chain, measure
from tests.support.alur_dev import ROOT, AlurDev, alur_dev

STORED = (1_000, 10_000, 100_000, 1_000_000)
AT_ONCE = (1, 10, 100, 1_000)
CONNECTIONS = 50
SECONDS = 6.0
BATCH = 2_000
PICTURE = ROOT / "docs" / "images" / "cost-curves.svg"
HISTORY = ROOT / "tests" / "bench" / "history.jsonl"


def ended(number: int, now: float) -> Execution:
    """Return an execution that ended some time ago, about as large as those of the load."""
    entries = [
        ["finished", f"s{n}", "", 1, now, now, {"main": [[{"n": n, "text": "x" * 40}]]}]
        for n in range(3)
    ]
    return Execution(
        id=uuid7(int(now * 1000) + number, number.to_bytes(10, "big")),
        tenant="default",
        project="default",
        workflow="load",
        workflow_uid="0" * 32,
        version=1,
        mode="webhook",
        accepted_at=now + number / 1000,
        status="succeeded",
        epoch=1,
        started_at=now,
        finished_at=now,
        input=[{"body": {"n": 1}}],
        entries=entries,
        output=[{"n": 4}],
        expire_at=now + 7 * 86_400 + number,
    )


async def fill(data: Path, begin: int, end: int) -> None:
    """Store executions so that there are `end` of them, with no server running."""
    async with opened(data) as store:
        executions = StoredExecutions(store.documents)
        now = store.clock.now() - 86_400
        for first in range(begin, end, BATCH):
            numbers = range(first, min(first + BATCH, end))
            await asyncio.gather(*(executions.accept(ended(n, now)) for n in numbers))


async def loaded(server: AlurDev, connections: int) -> tuple[float, float]:
    """Return CPU in ms for each execution, and executions a second."""
    document = Path(tempfile.mkdtemp()) / "load.json"
    document.write_text(json.dumps(chain("load", 3)))
    await asyncio.to_thread(server.apply, document)
    url = await asyncio.to_thread(server.hook, "load")
    assert server.process is not None
    await measure(url, [server.process.pid], 4, 1.0)
    figures = await measure(url, [server.process.pid], connections, SECONDS)
    return figures.cpu_ms, figures.a_second


def by_stored(folder: Path) -> list[float]:
    """Return the cost with so many stored executions, in ms of CPU."""
    costs: list[float] = []
    stored = 0
    for count in STORED:
        asyncio.run(fill(folder / "data", stored, count))
        stored = count
        with alur_dev(folder / "data") as server:
            cost, rate = asyncio.run(loaded(server, CONNECTIONS))
        costs.append(cost)
        _say(f"{count:>9,} stored", cost, rate, costs[0])
    return costs


def by_concurrency(folder: Path) -> list[float]:
    """Return the cost with so many callers at once, in ms of CPU."""
    costs: list[float] = []
    with alur_dev(folder / "data") as server:
        for connections in AT_ONCE:
            cost, rate = asyncio.run(loaded(server, connections))
            costs.append(cost)
            _say(f"{connections:>9,} at once", cost, rate, costs[0])
    return costs


def _say(what: str, cost: float, rate: float, first: float) -> None:
    sys.stdout.write(f"{what}: {cost:.3f} ms CPU ({cost / first:.2f}x), {rate:,.0f} a second\n")
    sys.stdout.flush()


def main() -> None:
    """Measure both curves and keep them."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        at_once = by_concurrency(Path(one))
        stored = by_stored(Path(two))
    curves = [
        Curve("stored executions", STORED, tuple(stored)),
        Curve("callers at once", AT_ONCE, tuple(at_once)),
    ]
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(curves))
    with HISTORY.open("a") as file:
        record = {curve.name: dict(zip(curve.at, curve.cost, strict=True)) for curve in curves}
        file.write(json.dumps({"at": rfc3339(time.time()), **record}) + "\n")


if __name__ == "__main__":
    main()
