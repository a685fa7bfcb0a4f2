"""The simulation with pools: nodes travel from one executor to another, and all that may go wrong does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

from alur_common.events import TaskOffered
from alur_common.executions import StoredExecutions
from alur_common.pools import Pools
from alur_executor.service.parts import Parts
from alur_executor.service.serving import Serving
from alur_scheduler.service.pools import PoolSweep
from alur_sdk.errors import AlurError
from tests.simulation import cases, faults
from tests.simulation.bus import ProcessBus
from tests.simulation.cases import Case
from tests.simulation.process import Process
from tests.simulation.promises import compared
from tests.simulation.run import play
from tests.simulation.store import remote_documents
from tests.simulation.world import SWEEP_SECONDS, Silent, World, programs

POOL = Pools(("gpu",))
DRIVING = Pools(("default",))
TRAVELLERS = ("sim.write", "sim.read", "core.set", "core.wait", "core.workflow")


def pooled(case: Case, seed: int) -> Case:
    """Return the case with some of its nodes in a pool."""
    rng = Random(f"pools of {seed}")
    nodes = [
        {**node, "pool": "gpu"} if node["type"] in TRAVELLERS and rng.random() < 0.6 else node
        for node in case.spec["nodes"]
    ]
    return replace(case, spec={**case.spec, "nodes": nodes})


class PooledWorld(World):
    """A world in which each executor drives executions, and runs the nodes of a pool for whoever does."""

    def stand_beside(self, parts: Parts, process: Process) -> None:
        serving = Serving(parts, programs(POOL), POOL, room=3)
        parts.bus.subscribe(TaskOffered, f"pools-{process.name}", serving.on_offered)
        leave = process.leave
        process.leave = lambda: process.begin(_left(serving, leave))
        serving.start()

    async def _scheduler(self, process: Process) -> None:
        documents = remote_documents(self.documents, process, self.network)
        bus = ProcessBus(self.bus, process, self.network)
        executions = StoredExecutions(documents)
        sweep = PoolSweep(documents, executions, bus=bus, clock=process, meter=Silent())
        process.begin(self._sweep(sweep))
        await super()._scheduler(process)

    async def _sweep(self, sweep: PoolSweep) -> None:
        while True:
            try:
                await sweep.sweep()
            except AlurError as error:
                self.trace.append(f"{self.loop.time():9.3f} pools not swept: {error.message}")
            await asyncio.sleep(SWEEP_SECONDS)


async def _left(serving: Serving, leave: object) -> None:
    try:
        await serving.stop(1.0)
    finally:
        assert callable(leave)
        leave()


def simulate_pooled(seed: int) -> list[str]:
    """Return in what a run whose nodes travel, under faults, differs from one in which all run where they are."""
    case = pooled(cases.drawn(seed), seed)
    expected = play(case, faults.NONE, seed)
    seen = play(case, faults.drawn(seed), seed, programs(DRIVING), PooledWorld)
    return [*expected.broken, *compared(case, expected, seen)]
