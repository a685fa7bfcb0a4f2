"""One seed: the same case without and with faults, and what must be the same of both."""

from __future__ import annotations

import asyncio
import gc
import logging
from dataclasses import dataclass, field
from typing import Any

import structlog

from alur_common.documents.port import Document
from alur_common.executions import StoredJournals
from alur_common.executions.content import read_entries
from alur_common.executions.repository import EXECUTIONS
from alur_engine.history import rebuild
from alur_engine.state import State
from alur_executor.service.programs import Programs
from tests.simulation import cases, faults
from tests.simulation.cases import Case
from tests.simulation.faults import Faults
from tests.simulation.process import owned_tasks
from tests.simulation.store import ENDED
from tests.simulation.world import World, programs
from tests.support.virtual_time import VirtualLoop, run_virtually

LONGEST_SECONDS = 600.0
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What an execution came to: its output, and every node run by name and path."""

    status: str
    output: Any
    runs: dict[tuple[str, str], Any]


@dataclass
class Outcome:
    """What a run of a case came to."""

    ended: dict[str, Ended] = field(default_factory=dict)
    asked: dict[str, set[bytes]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def simulate(seed: int) -> list[str]:
    """Return what did not hold under this seed; nothing is as it should be."""
    case = cases.drawn(seed)
    ready = programs()
    expected = play(case, faults.NONE, seed, ready)
    seen = play(case, faults.drawn(seed), seed, ready)
    return [*expected.broken, *compared(expected, seen)]


def play(case: Case, given: Faults, seed: int, ready: Programs | None = None) -> Outcome:
    """Run a case under these faults until all that was acknowledged has ended."""
    loop = VirtualLoop()
    loop.set_task_factory(owned_tasks)  # type: ignore[arg-type]  # the stubs know of no context yet
    world = World(loop, case, given, seed, ready or programs())
    outcome: Outcome = run_virtually(loop, _played(world))
    return outcome


async def _played(world: World) -> Outcome:
    world.start()
    outcome = Outcome(trace=world.trace)
    ids = await asyncio.gather(*(world.accept(n) for n in range(world.case.executions)))
    signalling = [asyncio.create_task(world.signal(execution_id)) for execution_id in ids]
    for execution_id in ids:
        document = await _end_of(world, execution_id)
        if document is None:
            world.documents.broken.append(f"{execution_id} was acknowledged and did not end")
        else:
            outcome.ended[execution_id] = await _described(world, document)
    await asyncio.gather(*signalling)
    outcome.broken = world.documents.broken
    outcome.asked = dict(world.outside.asked)
    return outcome


async def _end_of(world: World, execution_id: str) -> Document | None:
    """Wait for the end of an execution; a person decides what is in doubt on the way."""
    while world.loop.time() < LONGEST_SECONDS:
        document = await world.documents.find_one(EXECUTIONS, execution_id)
        if document is not None and document["status"] in ENDED:
            return document
        if document is not None and document["status"] == "in-doubt":
            state = await _state_of(world, document)
            for run in state.open.values():
                if run.status == "running":
                    await world.resolve(execution_id, *run.key)
        await asyncio.sleep(LOOK_SECONDS)
    return None


async def _state_of(world: World, document: Document) -> State:
    batches = await StoredJournals(world.documents).read(document["id"])
    entries = await read_entries(batches, document.get("entries"), world.blobs)
    version = await world.definitions.version(document["workflow_uid"], 1)
    graph = world.programs.of(version).graph
    return rebuild(graph, world.case.items, entries)


async def _described(world: World, document: Document) -> Ended:
    state = await _state_of(world, document)
    runs = {
        run.key: (
            run.status,
            {port: [i.json for i in items] for port, items in run.outputs.items()},
        )
        for frame in state.frames.values()
        for run in frame.runs.values()
    }
    return Ended(document["status"], document.get("output"), runs)


def compared(expected: Outcome, seen: Outcome) -> list[str]:
    """Return in what the run with faults differs from the one without."""
    broken = list(seen.broken)
    for execution_id, wanted in expected.ended.items():
        got = seen.ended.get(execution_id)
        if got is None:
            continue  # told already: it did not end
        if got.status != wanted.status:
            broken.append(f"{execution_id} is {got.status}, without faults {wanted.status}")
        elif wanted.status == "succeeded" and got != wanted:
            # What fails cancels its parallel branches wherever they are, so only good ends compare in full.
            broken.append(f"{execution_id} came to {got}, without faults to {wanted}")
    for key, contents in seen.asked.items():
        if len(contents) > 1:
            broken.append(f"the key {key} came with {len(contents)} contents: {contents}")
    if all(ended.status == "succeeded" for ended in expected.ended.values()):
        broken += [
            f"{key} was never asked for" for key in expected.asked.keys() - seen.asked.keys()
        ]
        broken += [
            f"{key} was asked for beside" for key in seen.asked.keys() - expected.asked.keys()
        ]
    return broken


def be_quiet() -> None:
    """Let no log line cost anything: what goes wrong here goes wrong on purpose."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, cache_logger_on_first_use=False)


def run_many(seeds: range) -> dict[int, list[str]]:
    """Return seed -> what did not hold, for the seeds under which something did not."""
    found: dict[int, list[str]] = {}
    gc.disable()
    try:
        for seed in seeds:
            broken = simulate(seed)
            if broken:
                found[seed] = broken
            if seed % 100 == 0:
                gc.collect()
    finally:
        gc.enable()
    return found
