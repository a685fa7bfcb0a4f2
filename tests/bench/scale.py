"""Placement and fairness at a size that no test machine has: two hundred executors and ten thousand tenants, simulated.

Run it as `python -m tests.bench.scale`. The queue and the choice of a partition are Alur's own code; executors, time and
work are simulated: work takes `WORK_SECONDS` on average and nothing else, so the figures say what placement does, and
what of it is due to the number of partitions. Tenants are as unequal as words are frequent (Zipf).
"""

from __future__ import annotations

import heapq
import itertools
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from aiokafka.partitioner import murmur2

from alur_executor.domain.fair_queue import FairQueue

EXECUTORS = 200
TENANTS = 10_000
ROOM = 50
"""So many executions run at once on each executor."""
WORK_SECONDS = 1.0
SECONDS = 20.0
LOAD = 0.7
"""What is asked for, as a share of what all executors can do."""
FLOOD = "flood"
FLOOD_SHARE = 5.0
"""What one tenant asks for besides, as a share of what all executors can do."""
SMALL = 1_000
"""A tenant is small from this place in the order of size on."""


@dataclass
class Executor:
    """One executor: its queue, and what it runs."""

    queue: FairQueue
    running: int = 0
    most: int = 0


@dataclass
class Result:
    """What a simulation came to: waits in seconds, and work by executor."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    started: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    """Of this machine, for all the steps of all queues."""

    def wait(self, share: float, *kinds: str) -> float:
        """Return the wait that this share of the executions does not exceed."""
        found = sorted(itertools.chain.from_iterable(self.waits.get(kind, []) for kind in kinds))
        return found[min(int(len(found) * share), len(found) - 1)] if found else 0.0


class Simulation:
    """Arrivals, starts and ends in order of time."""

    def __init__(self, partitions: int, *, tenant_most: int, flood: bool) -> None:
        self._random = Random(7)  # noqa: S311  # a simulation
        self._partitions = partitions
        self._executors = [Executor(FairQueue(tenant_most)) for _ in range(EXECUTORS)]
        self._ends: list[tuple[float, int, str]] = []
        self._arrived: dict[str, float] = {}
        self._result = Result()
        self._flood = flood
        weights = itertools.accumulate(1 / (place + 1) for place in range(TENANTS))
        self._weights = list(weights)

    def run(self) -> Result:
        """Simulate and return what came of it."""
        capacity = EXECUTORS * ROOM / WORK_SECONDS
        rate = capacity * (LOAD + (FLOOD_SHARE if self._flood else 0))
        now, number = 0.0, 0
        while now < SECONDS:
            now += self._random.expovariate(rate)
            while self._ends and self._ends[0][0] <= now:
                at, place, tenant = heapq.heappop(self._ends)
                self._end(at, place, tenant)
            number += 1
            self._arrive(now, f"execution {number}")
        return self._result

    def _tenant(self) -> str:
        if self._flood and self._random.random() < FLOOD_SHARE / (LOAD + FLOOD_SHARE):
            return FLOOD
        place = self._random.choices(range(TENANTS), cum_weights=self._weights)[0]
        return f"{'small' if place >= SMALL else 'large'} {place}"

    def _arrive(self, now: float, key: str) -> None:
        tenant = self._tenant()
        # As a consumer group shares them out: in turn, so that some executors have one more than others.
        place = murmur2(key.encode()) % self._partitions % EXECUTORS
        executor = self._executors[place]
        self._arrived[key] = now
        begun = time.perf_counter()
        if executor.running < ROOM and executor.queue.has_room(tenant):
            self._begin(now, place, tenant, key)
        else:
            executor.queue.put(tenant, key, 0)
        self._result.seconds += time.perf_counter() - begun

    def _begin(self, now: float, place: int, tenant: str, key: str) -> None:
        executor = self._executors[place]
        executor.running += 1
        executor.queue.begun(tenant)
        self._result.started[place] += 1
        kind = tenant.split(maxsplit=1)[0]
        self._result.waits.setdefault(kind, []).append(now - self._arrived.pop(key))
        took = self._random.expovariate(1 / WORK_SECONDS)
        heapq.heappush(self._ends, (now + took, place, tenant))

    def _end(self, now: float, place: int, tenant: str) -> None:
        executor = self._executors[place]
        begun = time.perf_counter()
        executor.running -= 1
        executor.queue.ended(tenant)
        while executor.running < ROOM and (following := executor.queue.take()) is not None:
            self._begin(now, place, *following)
        self._result.seconds += time.perf_counter() - begun


def placement() -> None:
    """Print how even the work is for several numbers of partitions."""
    for partitions in (12, 200, 300, 400, 1_000):
        result = Simulation(partitions, tenant_most=0, flood=False).run()
        started = [result.started[place] for place in range(EXECUTORS)]
        busy = sum(1 for count in started if count)
        sys.stdout.write(
            f"{partitions:5} partitions: {busy:3} of {EXECUTORS} executors work, the busiest does "
            f"{max(started) / statistics.mean(started):.2f} of the mean; wait p50 "
            f"{result.wait(0.5, 'small', 'large'):.2f} s, p99 {result.wait(0.99, 'small', 'large'):.2f} s\n"
        )


def fairness() -> None:
    """Print what one tenant that asks for five times what all can do is to the others."""
    for name, flood in (("alone", False), ("beside a flood", True)):
        for most in (0, ROOM // 2):
            result = Simulation(1_000, tenant_most=most, flood=flood).run()
            starts = sum(map(len, result.waits.values()))
            sys.stdout.write(
                f"{name:15} at most {most or 'any':>3} of a tenant: small tenants wait p50 "
                f"{result.wait(0.5, 'small'):.2f} s, p95 {result.wait(0.95, 'small'):.2f} s; large p95 "
                f"{result.wait(0.95, 'large'):.2f} s; {result.seconds / starts * 1e6:.1f} us of queue a start\n"
            )


def queue_cost() -> None:
    """Print what a step costs with so many tenants waiting."""
    for tenants in (10, 100, 1_000, 10_000):
        queue = FairQueue()
        for number in range(max(tenants, 10_000)):
            queue.put(f"t{number % tenants}", str(number), 0)
        begun = time.perf_counter()
        for _ in range(5_000):
            found = queue.take()
            assert found is not None
            queue.begun(found[0])
            queue.ended(found[0])
        cost = (time.perf_counter() - begun) / 5_000 * 1e6
        sys.stdout.write(f"{tenants:6} tenants wait: {cost:.1f} us a start\n")


if __name__ == "__main__":
    placement()
    fairness()
    queue_cost()
