"""Executors that serve pools, on the world of the others."""

from __future__ import annotations

import asyncio
from typing import Any

from alur_common.events import TaskOffered
from alur_common.executions import Execution
from alur_common.executions.repository import CLOSED
from alur_common.pools import Pools
from alur_executor.service.executor import Executor
from alur_executor.service.serving import Serving
from tests.simulation.world import programs
from tests.unit.executor.world import World, node


async def serving(world: World, name: str = "gpu-1", pools: str = "gpu", room: int = 4) -> Serving:
    """Start an executor that serves pools and nothing else."""
    served = Pools.parse(pools)
    made = Serving(world.parts(name), programs(served), served, room)
    await world.workers.renew(name, 1e9, 0.0, "", served.names)
    world.bus.subscribe(TaskOffered, f"pools-{name}", made.on_offered)
    made.start()
    return made


async def kill(world: World, made: Serving, name: str = "gpu-1") -> None:
    """End it as `kill -9` does, and let its lease run out."""
    assert made._looking is not None
    tasks = [made._looking, *(work.job for work in made._running.values())]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await world.workers.remove(name)


async def owner(world: World, name: str = "one") -> Executor:
    """Start an executor that drives executions and serves no pool."""
    return await world.executor(name, pools="default")


def gpu(name: str = "a", kind: str = "sim.write", **more: Any) -> dict[str, Any]:
    return node(name, kind, pool="gpu", **more)


async def ran(world: World, spec: dict[str, Any], *items: dict[str, Any]) -> Execution:
    """Run a workflow on an owner and an executor of the pool."""
    await owner(world)
    await serving(world)
    return await world.rest(await world.start(spec, *items))


async def nothing_is_left(world: World, execution: Execution) -> bool:
    """Return whether neither task nor message is left, and no journal of a task that somebody may still write to."""
    await asyncio.sleep(5)
    keys = {key.partition("/")[0] for key in world.journal() if key.startswith(f"{execution.id}.")}
    is_open = [(await world.journals.read(key))[-1].epoch != CLOSED for key in keys]
    left = (await world.tasks.is_empty(), await world.inbox.read(execution.id), any(is_open))
    return left == (True, [], False)
