"""One seed: the same case without and with faults, and what must be the same of both."""

from __future__ import annotations

import asyncio
import gc
import logging

import structlog

from alur_common.documents.port import Document
from alur_common.events import ExecutionNudged
from alur_common.executions import Message, StoredInbox, StoredJournals
from alur_common.executions.content import read_entries
from alur_common.executions.repository import EXECUTIONS
from alur_engine.history import rebuild
from alur_engine.state import State
from alur_executor.service.programs import Programs
from tests.simulation import cases, faults
from tests.simulation.cases import CHILD_NODE, Case
from tests.simulation.faults import Faults
from tests.simulation.process import owned_tasks
from tests.simulation.promises import Ended, Outcome, compared, durable_before, of_journal
from tests.simulation.store import ENDED
from tests.simulation.world import World, programs
from tests.support.virtual_time import VirtualLoop, run_virtually

LONGEST_SECONDS = 600.0
LOOK_SECONDS = 1.0


def simulate(seed: int) -> list[str]:
    """Return what did not hold under this seed; nothing is as it should be."""
    case = cases.drawn(seed)
    ready = programs()
    expected = play(case, faults.NONE, seed, ready)
    given = faults.drawn(seed)
    seen = play(case, given, seed, ready)
    return [*expected.broken, *compared(case, expected, seen)]


def play(
    case: Case,
    given: Faults,
    seed: int,
    ready: Programs | None = None,
    kind: type[World] = World,
) -> Outcome:
    """Run a case under these faults until all that was acknowledged has ended."""
    loop = VirtualLoop()
    loop.set_task_factory(owned_tasks)  # type: ignore[arg-type]  # the stubs know of no context yet
    world = kind(loop, case, given, seed, ready or programs())
    try:
        outcome: Outcome = run_virtually(loop, _played(world))
    finally:
        world.release()
    return outcome


async def _played(world: World) -> Outcome:
    kept = durable_before(world.case.spec)
    world.outside.on_call = lambda place: _demand_durable(world, kept, place)
    world.start()
    outcome = Outcome(trace=world.trace)
    ids = await asyncio.gather(*(world.accept(n) for n in range(world.case.executions)))
    outside = [asyncio.create_task(world.signal(execution_id)) for execution_id in ids]
    if world.case.cancels and world.faults.delay:
        outside += [asyncio.create_task(_cancel(world, execution_id)) for execution_id in ids]
    for execution_id in ids:
        document = await _end_of(world, execution_id)
        if document is None:
            world.documents.broken.append(f"{execution_id} was acknowledged and did not end")
        else:
            outcome.ended[execution_id] = await _described(world, document)
    await asyncio.gather(*outside)
    for child in sorted(world.documents.ids() - set(ids)):
        if await _end_of(world, child) is None:
            world.documents.broken.append(f"{child} was started and did not end")
    for ended in sorted(world.documents.ids()):
        if not await _is_told(world, ended):
            world.documents.broken.append(f"{ended} ended, and nobody was told")
    outcome.broken = world.documents.broken
    outcome.asked = dict(world.outside.asked)
    outcome.places = dict(world.outside.places)
    outcome.done = dict(world.outside.done)
    outcome.struck = world.network.fate.struck
    return outcome


def _demand_durable(world: World, kept: dict[str, tuple[str, str]], place: str) -> None:
    """Demand what has to be durable before the outside is called from there."""
    execution_id, node, path, _ = place.split("|")
    if node in kept:
        kind, name = kept[node]
        world.documents.demand(execution_id, kind, name, path)
    elif node == CHILD_NODE:
        world.documents.demand(execution_id, "started", node, path)


async def _cancel(world: World, execution_id: str) -> None:
    """Cancel it at some time, as a person does."""
    await asyncio.sleep(world.random.random() * 8)
    await StoredInbox(world.documents).put(Message(execution_id, "cancel", "", {}))
    await world.bus.take(ExecutionNudged(execution_id, "t"))


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
                    await world.resolve(execution_id, run)
        await asyncio.sleep(LOOK_SECONDS)
    return None


async def _is_told(world: World, execution_id: str) -> bool:
    while world.loop.time() < LONGEST_SECONDS:
        if execution_id in world.bus.completed:
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def _state_of(world: World, document: Document) -> State:
    batches = await StoredJournals(world.documents).read(document["id"])
    entries = await read_entries(batches, document.get("entries"), world.blobs)
    version = await world.definitions.version(document["workflow_uid"], 1)
    graph = world.programs.of(version).graph
    return rebuild(graph, world.case.items, entries)


async def _described(world: World, document: Document) -> Ended:
    state = await _state_of(world, document)
    world.documents.broken += of_journal(document, state)
    runs = {
        run.key: (
            run.status,
            {port: [i.json for i in items] for port, items in run.outputs.items()},
        )
        for frame in state.frames.values()
        for run in frame.runs.values()
    }
    return Ended(document["status"], document.get("output"), runs)


def be_quiet() -> None:
    """Let no log line cost anything: what goes wrong here goes wrong on purpose."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, cache_logger_on_first_use=False)


def run_many(seeds: range) -> dict[int, list[str]]:
    """Return seed -> what did not hold, for the seeds under which something did not."""
    found: dict[int, list[str]] = {}
    gc.freeze()  # what is there already is not looked through again and again
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
        gc.unfreeze()
    return found
