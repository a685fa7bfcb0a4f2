"""What traces cost: CPU of an execution of ten transforms: untraced, with a tenth of the traces recorded, with all.

Run it as `python -m tests.bench.tracing`. The three are measured in turns, so that a noisy machine is noisy to all, and
the quickest turn of each counts: whatever else runs only adds. A real collector takes what is sent; its own CPU is not counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench.load import chain, measure
from tests.support.alur_dev import AlurDev, alur_dev
from tools.servers import collector

NODES = 10
CONNECTIONS = 20
SECONDS = 3.0
TURNS = 6
ARMS = {"off": None, "off again": None, "a tenth": "0.1", "all": "1"}
"""Which share of traces is recorded. The second measure of the same tells how exact the others are."""


def environment(share: str | None, endpoint: str) -> dict[str, str]:
    """Return the variables that record this share of all traces."""
    if share is None:
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": share,
        # More often than usual, so that each turn pays for its own spans.
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
    }


def prepared(server: AlurDev, folder: Path) -> tuple[str, int]:
    """Return the address of a webhook to ten transforms, and the process."""
    document = folder / "load.json"
    document.write_text(json.dumps(chain("load", NODES)))
    server.apply(document)
    assert server.process is not None
    return server.hook("load"), server.process.pid


def measured(places: dict[str, tuple[str, int]]) -> dict[str, list[float]]:
    """Return the CPU of an execution in ms, turn by turn."""
    costs: dict[str, list[float]] = {arm: [] for arm in places}
    for turn in range(TURNS + 1):
        for arm, (url, pid) in places.items():
            figures = asyncio.run(measure(url, [pid], CONNECTIONS, SECONDS))
            if turn:  # the first one warms up
                costs[arm].append(figures.cpu_ms)
    return costs


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        taker = collector.server(folder / "collector")
        taker.start()
        stack.callback(taker.stop)
        endpoint = f"http://127.0.0.1:{taker.port}"
        places = {}
        for arm, share in ARMS.items():
            data = folder / arm.replace(" ", "-")
            server = stack.enter_context(alur_dev(data, environment(share, endpoint)))
            places[arm] = prepared(server, folder)
        costs = measured(places)
    for arm, found in costs.items():
        more = (min(found) / min(costs["off"]) - 1) * 100
        sys.stdout.write(f"{arm:9} {min(found):.3f} ms an execution, {more:+.1f} %\n")


if __name__ == "__main__":
    main()
