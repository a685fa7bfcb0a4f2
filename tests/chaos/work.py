"""The work that is done while things fail, and what must hold of it in the end."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaConsumer

from alur_common.kafka.admin import administer
from alur_common.kafka.settings import settings_of as settings_of_kafka
from tests.chaos.effects import Effects
from tests.chaos.ledger import ledger
from tests.support.alur_dev import AlurDev
from tests.support.steady import Steady

STEPS = 5
WITHIN = 120.0
RECOVERY_SECONDS = 15.0
RECOVERY = "slowest recovery in seconds"
PROJECT = "/api/v1/projects/default"


def workflow(name: str, port: int, **spec: Any) -> dict[str, Any]:
    names = [f"s{n}" for n in range(STEPS)]
    nodes = [
        {
            "name": step,
            "type": "http.request",
            "params": {
                "method": "POST",
                "url": f"http://127.0.0.1:{port}/",
                "body": {"effect": f"{{{{ $execution.id }}}}/{step}"},
            },
        }
        for step in names
    ]
    edges = [{"from": a, "to": b} for a, b in itertools.pairwise(names)]
    edges += [{"from": t["name"], "to": names[0]} for t in spec.get("triggers", ())]
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"nodes": nodes, "edges": edges, **spec},
    }


def ticking(name: str, port: int) -> dict[str, Any]:
    """Return a workflow of one step that is due every second, and says when it was due and when it was fired."""
    trigger = {"name": "tick", "type": "trigger.schedule", "params": {"cron": "* * * * * *"}}
    said = f"{name}|{{{{ $json.due }}}}|{{{{ $json.firedAt }}}}"
    params = {"method": "POST", "url": f"http://127.0.0.1:{port}/", "body": {"effect": said}}
    node = {"name": "say", "type": "http.request", "params": params}
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"triggers": [trigger], "nodes": [node], "edges": [{"from": "tick", "to": "say"}]},
    }


@dataclass(frozen=True, order=True, slots=True)
class Tick:
    """A due time that was fired, and when; times are seconds since 1970."""

    due: float
    fired: float


def end_ticking(platform: AlurDev, paths: Sequence[str]) -> None:
    """Delete the workflows, and wait until all that they had started has ended."""
    for path in paths:
        etag = platform.rest.get(path).headers["etag"]
        assert platform.rest.delete(path, headers={"if-match": etag}).status_code == 204
    until = time.monotonic() + WITHIN
    active = f"{PROJECT}/executions?status=queued&status=running&status=waiting&limit=1"
    while platform.rest.get(active).json()["items"]:
        assert time.monotonic() < until, "what was started has not ended"
        time.sleep(0.2)


def ticks(world: Effects) -> dict[str, list[Tick]]:
    """Return workflow -> its ticks in order; one that was started twice is there twice."""
    found: dict[str, list[Tick]] = defaultdict(list)
    for effect, keys in world.keys().items():
        name, due, fired = effect.split("|")
        tick = Tick(_seconds(due), _seconds(fired))
        found[name] += [tick] * len(keys)
    return {name: sorted(all_of) for name, all_of in found.items()}


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def put(platform: AlurDev, workflow: dict[str, Any]) -> str:
    name = workflow["metadata"]["name"]
    path = f"{PROJECT}/workflows/{name}"
    known = platform.rest.get(path)
    match = {"if-match": known.headers["etag"]} if known.status_code == 200 else {}
    answer = platform.rest.put(path, json=workflow, headers=match)
    assert answer.status_code in (200, 201), answer.text
    return path


def start(platform: AlurDev, path: str) -> str:
    answer = platform.rest.post(f"{path}/executions", json={"input": [{}]})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def check(platform: AlurDev, world: Effects, ids: list[str], besides: Sequence[str] = ()) -> int:
    """Demand that all ended well, by one move each, and each effect has one key; return how many requests were repeated.

    `besides` are those of others, who see that they ended.
    """
    ended = [
        platform.wait_for(i, "succeeded", "failed", "cancelled", "in-doubt", within=WITHIN)
        for i in ids
    ]
    badly = [
        f"{e['id']} {e['status']}: {e.get('error')}" for e in ended if e["status"] != "succeeded"
    ]
    assert not badly, f"{len(badly)} of {len(ids)} did not end well: " + "; ".join(badly[:3])
    ids = [*ids, *besides]
    keys = world.keys()
    assert set(keys) == {f"{i}/s{n}" for i in ids for n in range(STEPS)}
    assert all(len(found) == 1 and "" not in found for found in keys.values())
    with ledger(platform.environment["ALUR_MONGO"]) as kept:
        kept.demand_one_move_each(ids, [f"s{n}" for n in range(STEPS)])
    repeated = len(world.all()) - len(keys)
    world.figures |= {"accepted and finished": len(ids), "effects": len(keys), "repeated": repeated}
    return repeated


def settings_of(pid: int) -> dict[str, str]:
    """Return the environment of a process."""
    lines = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def mib_of(pid: int) -> float:
    """Return the memory that a process has, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


async def lag_of(servers: str, groups: Sequence[str]) -> int:
    """Return how many records wait for these groups of consumers."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    try:
        async with administer(settings_of_kafka(servers)) as admin:
            committed = [await admin.list_consumer_group_offsets(group) for group in groups]
            waiting = 0
            for offsets in committed:
                ends_at = await consumer.end_offsets(list(offsets))
                waiting += sum(ends_at[place] - at.offset for place, at in offsets.items())
            return waiting
    finally:
        await consumer.stop()


ENDED = "process ended and is started again"


def ends(platform: AlurDev) -> list[int]:
    """Return with which codes processes of a platform have ended so far, in turn; those in their place go on."""
    said = (line for line in platform.log.read_text().splitlines() if ENDED in line)
    return [int(json.loads(line)["code"]) for line in said]


def pid_of(platform: AlurDev, service: str, worker: str) -> int | None:
    """Return the process of a service that calls itself so, as the store names it, or None when there is none."""
    for pid in platform.pids(service):
        with suppress(FileNotFoundError, ProcessLookupError):
            if settings_of(pid)["ALUR_WORKER"] == worker.rpartition("-")[0]:
                return pid
    return None


@contextmanager
def one_more(
    platform: AlurDev, service: str, own: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one more process of a service, as the platform runs its own but for these settings."""
    environment = settings_of(platform.pids(service)[0])
    with platform.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "alur", service],
            env={**environment, **own},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Load:
    """Starts executions steadily for the length of a `with` block, and remembers what it was answered."""

    def __init__(
        self, platform: AlurDev, path: str, per_second: float, urls: Sequence[str] = ()
    ) -> None:
        self.ids: list[str] = []
        self.refused: list[float] = []
        """When a start was not acknowledged, by the monotonic clock."""
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        self._rest = httpx.Client(headers=platform.rest.headers, timeout=httpx.Timeout(20))
        self.urls = list(urls or [platform.url])
        """The gateways that are asked, in turn; who balances load may take one out."""
        self._numbers = itertools.count()
        self._path = f"{path}/executions"
        self._steady = Steady(self._start, per_second)

    def __enter__(self) -> Self:
        self._steady.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._steady.__exit__()
        self._rest.close()

    def _start(self) -> None:
        begun = time.monotonic()
        url = self.urls[next(self._numbers) % len(self.urls)]
        try:
            answer = self._rest.post(f"{url}{self._path}", json={"input": [{}]})
        except httpx.TransportError:
            self.refused.append(begun)
            return
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.answers[answer.status_code] += 1
        if answer.status_code == HTTPStatus.ACCEPTED:
            self.ids.append(answer.json()["id"])
        else:
            self.refused.append(begun)


def recover(world: Effects, load: Load) -> None:
    """Wait until starts are acknowledged again, at most `RECOVERY_SECONDS`."""
    begun, before = time.monotonic(), len(load.ids)
    while len(load.ids) < before + 5:
        assert time.monotonic() - begun < RECOVERY_SECONDS, "nothing is accepted any more"
        time.sleep(0.05)
    slowest = max(time.monotonic() - begun, world.figures.get(RECOVERY, 0.0))
    world.figures[RECOVERY] = round(slowest, 1)
