"""Watching an execution that others run, through a store that is away for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from alur_common.calls.channels import Channels
from alur_common.calls.progress import LOOK_SECONDS, RemoteProgress
from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import Execution, Executions, StoredExecutions, Workers
from alur_common.progress import Watchable
from alur_gateway.domain.shown import Overview
from alur_gateway.service.executions import ExecutionService
from alur_gateway.service.watching import HEARTBEAT, Watching
from alur_sdk.errors import UnavailableError
from tests.support.clock import FakeClock
from tests.support.virtual_time import in_virtual_time

QUEUED = Execution("e", "t", "p", "w", "u", 1, "manual", 0.0)


class Elsewhere:
    """Progress of executions that nobody owns at the moment."""

    def live(self, _id: str) -> None:
        return None

    @contextmanager
    def watch(self, _id: str) -> Iterator[asyncio.Queue[Any]]:
        yield asyncio.Queue()


class Shown:
    """What is shown of an execution."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []

    async def overview(self, _execution: Execution) -> Overview:
        return Overview(list(self.nodes))


def _node(name: str, status: str) -> dict[str, Any]:
    return {"name": name, "status": status}


@in_virtual_time
async def test_what_ran_between_two_waits_is_told_though_nobody_looked_meanwhile() -> None:
    executions, shown = StoredExecutions(MemoryDocuments(FakeClock())), Shown()
    waiting = await executions.accept(QUEUED.changed(status="waiting"))
    shown.nodes = [_node("wait 1", "waiting")]
    service, progress = cast("ExecutionService", shown), cast("Watchable", Elsewhere())
    told: set[tuple[Any, Any]] = set()

    async def watch() -> None:
        async for each in Watching(executions, progress, service).follow(waiting):
            if each is not HEARTBEAT:
                told.add((each.data.get("name"), each.data["status"]))

    watching = asyncio.create_task(watch())
    await asyncio.sleep(1)
    shown.nodes = [
        _node("wait 1", "succeeded"),
        _node("pay", "succeeded"),
        _node("wait 2", "waiting"),
    ]
    woken = await executions.save(waiting.changed(status="running", owner="x", epoch=2))
    await executions.save(woken.changed(status="waiting", owner=None))
    await asyncio.sleep(10)
    watching.cancel()
    assert ("pay", "succeeded") in told


class Blinking:
    """Executions in a store that is away when it is asked the second time."""

    def __init__(self) -> None:
        self.asked = 0

    async def find(self, _id: str) -> Execution:
        self.asked += 1
        if self.asked == 2:
            raise UnavailableError("it is away")
        return QUEUED.changed(status="running")


@in_virtual_time
async def test_who_follows_an_execution_outlives_a_moment_without_the_store() -> None:
    store = Blinking()
    progress = RemoteProgress(
        cast("Executions", store), cast("Workers", None), cast("Channels", None)
    )
    with progress.watch("e"):
        await asyncio.sleep(10 * LOOK_SECONDS)
    assert store.asked > 5
