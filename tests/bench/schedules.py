"""How late a thousand schedules are: `python -m tests.bench.schedules --help`.

Each starts an execution of one step every so many seconds, one after the other or all in the same instant. What is told
is how long after its due time each execution was accepted, durably, and what a tick took of the CPU. It is one process
on a folder, or so many schedulers on real servers; `ALUR_TEST_MONGO_URL`, `ALUR_TEST_KAFKA` and `ALUR_TEST_S3_URL` name
others than those that it starts.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from alur.dev.store import opened
from alur_common.clock import SystemClock
from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.port import Documents
from alur_common.executions import COLLECTIONS, StoredExecutions
from tests.bench.load import cpu_ms
from tests.support.alur_dev import AlurDev, alur_dev
from tools.servers import kafka, mongo_durable, s3

PROJECT = "/api/v1/projects/default"


def workflow(number: int, begins: datetime, asked: Namespace) -> dict[str, Any]:
    """Return a workflow that is due every so many seconds, from a minute on that has yet to come."""
    first = 0 if asked.together else number % asked.every
    minutes = ",".join(str((begins.minute + n) % 60) for n in range(int(asked.seconds / 60) + 2))
    cron = f"{first}-59/{asked.every} {minutes} * * * *"
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": f"late-{number:04}"},
        "spec": {
            "triggers": [{"name": "tick", "type": "trigger.schedule", "params": {"cron": cron}}],
            "nodes": [{"name": "done", "type": "core.noop"}],
            "edges": [{"from": "tick", "to": "done"}],
        },
    }


def run(platform: AlurDev, asked: Namespace) -> tuple[float, float, float]:
    """Have them all due for a while; return from when until when, and the CPU milliseconds of all processes."""
    at = int(time.time() + asked.lead + 60) // 60 * 60
    begins = datetime.fromtimestamp(at, UTC)

    def put(number: int) -> None:
        made = workflow(number, begins, asked)
        path = f"{PROJECT}/workflows/{made['metadata']['name']}"
        while platform.rest.put(path, json=made).is_server_error:
            time.sleep(0.5)  # so much at once may be refused

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(asked.schedules)))
    services = ("registry", "scheduler", "gateway", "executor")
    pids = [pid for service in services for pid in platform.pids(service)]
    if platform.process is not None:
        pids.append(platform.process.pid)
    if time.time() > at:
        raise SystemExit(f"making them took longer than --lead {asked.lead}")
    time.sleep(at - time.time())
    before = sum(map(cpu_ms, pids))
    time.sleep(asked.seconds)
    took = sum(map(cpu_ms, pids)) - before
    time.sleep(10)
    return at, at + asked.seconds, took


async def accepted(documents: Documents) -> AsyncIterator[tuple[str, float, float]]:
    """Yield workflow, due time and time of acceptance of every execution."""
    after: list[Any] | None = None
    while True:
        page = await StoredExecutions(documents).search(
            [], sort=("accepted_at",), limit=500, after=after
        )
        for one in page:
            due = datetime.fromisoformat(one.input[0]["due"]).timestamp()
            yield one.workflow, due, one.accepted_at
        if len(page) < 500:
            return
        after = [page[-1].accepted_at, page[-1].id]


async def tell(documents: Documents, every: int, ran: tuple[float, float, float]) -> None:
    """Print the figures of what was due while it ran."""
    since, until, cpu = ran
    dues: dict[str, list[float]] = defaultdict(list)
    late = []
    async for name, due, at in accepted(documents):
        if since <= due < until:
            dues[name].append(due)
            late.append(at - due)
    gaps = Counter(round((b - a) / every) for d in dues.values() for a, b in pairwise(sorted(d)))
    missed = sum((gap - 1) * times for gap, times in gaps.items() if gap)
    cuts = statistics.quantiles(late, n=100)
    sys.stdout.write(
        f"{len(late) / (until - since):.0f} ticks a second of {len(dues)} schedules: late p50 {cuts[49]:.3f} s, "
        f"p99 {cuts[98]:.3f} s, most {max(late):.3f} s; missed {missed}, twice {gaps[0]}; "
        f"{cpu / len(late):.2f} ms CPU a tick\n"
    )


async def in_one_process(asked: Namespace) -> None:
    """Measure `alur dev` on a folder."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with alur_dev(data) as platform:
            ran = await asyncio.to_thread(run, platform, asked)
            platform.stop()
        async with opened(data) as store:
            await tell(store.documents, asked.every, ran)


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the settings of real servers: those that are named, else some of our own."""
    named = ("ALUR_TEST_KAFKA", "ALUR_TEST_MONGO_URL", "ALUR_TEST_S3_URL")
    if all(name in os.environ for name in named):
        broker, store, blobs = (os.environ[name] for name in named)
        yield {"ALUR_KAFKA": broker, "ALUR_MONGO": store, "ALUR_BLOBS": blobs}
        return
    with ExitStack() as stack:
        started = []
        for module in (kafka, mongo_durable, s3):
            place = folder / module.__name__.rpartition(".")[2]
            place.mkdir()
            server = module.server(place)
            server.start()
            stack.callback(server.stop)
            started.append(server.port)
        yield {
            "ALUR_KAFKA": f"127.0.0.1:{started[0]}",
            "ALUR_MONGO": f"mongodb://127.0.0.1:{started[1]}/late",
            "ALUR_BLOBS": f"s3://{s3.BUCKET}/late",
            **s3.environment(started[2]),
        }


async def in_many_processes(asked: Namespace) -> None:
    """Measure so many schedulers on real servers."""
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as settings:
        flags = ("--distributed", "--schedulers", str(asked.schedulers))
        with alur_dev(Path(folder) / "data", settings, flags) as platform:
            ran = await asyncio.to_thread(run, platform, asked)
            platform.stop()
        async with connect(settings["ALUR_MONGO"]) as database:
            documents = MongoDocuments(database, SystemClock())
            await documents.open(COLLECTIONS)
            await tell(documents, asked.every, ran)
            await documents.close()


def main() -> None:
    """Measure what the command line asks for."""
    parser = ArgumentParser(description="How late schedules are.")
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument(
        "--every", type=int, default=10, help="seconds between the ticks of each, a part of 60"
    )
    parser.add_argument("--together", action="store_true", help="all are due in the same instant")
    parser.add_argument("--schedulers", type=int, default=0, help="0: one process on a folder")
    parser.add_argument("--seconds", type=int, default=60, help="how long it is measured")
    parser.add_argument("--lead", type=int, default=30, help="seconds that making them may take")
    asked = parser.parse_args()
    asyncio.run(in_many_processes(asked) if asked.schedulers else in_one_process(asked))


if __name__ == "__main__":
    main()
