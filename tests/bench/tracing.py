"""What traces cost: CPU of an execution of ten transforms: untraced, with a tenth of the traces recorded, with all.

Run it as `make bench BENCH=tracing`. They take turns, so that a noisy machine is noisy to all: what counts is the median of
what each turn cost beside the untraced one of the same round. A real collector takes what is sent; its own CPU is not counted.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench.load import chain, cpu_ms, measure
from tests.support.alur_dev import AlurDev, alur_dev
from tools.servers import collector

NODES = 10
CONNECTIONS = 20
SECONDS = 1.0
ROUNDS = 30
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


def measured(places: dict[str, tuple[str, int]]) -> list[dict[str, float]]:
    """Return the CPU of an execution in ms, round by round, each arm first in its turn.

    It is that of the whole round, since spans are sent after their turn.
    """
    rounds = []
    arms = list(places)
    for _ in range(ROUNDS + 1):
        before = {arm: cpu_ms(places[arm][1]) for arm in arms}
        counts = {
            arm: asyncio.run(measure(places[arm][0], [], CONNECTIONS, SECONDS)).count
            for arm in arms
        }
        rounds.append({arm: (cpu_ms(places[arm][1]) - before[arm]) / counts[arm] for arm in arms})
        arms = [*arms[1:], arms[0]]
    return rounds[1:]  # the first one warms up


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
        rounds = measured(places)
    for arm in places:
        cost = statistics.median(costs[arm] for costs in rounds)
        low, ratio, high = statistics.quantiles(
            (costs[arm] / costs["off"] for costs in rounds), n=4
        )
        sys.stdout.write(
            f"{arm:9} {cost:.3f} ms an execution, {ratio:.3f} of off ({low:.3f} to {high:.3f})\n"
        )


if __name__ == "__main__":
    main()
