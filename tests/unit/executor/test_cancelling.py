"""What a cancellation, a time-out or a failure beside it leaves of what ran: its history, and its children."""

from __future__ import annotations

from typing import Any

from alur_common.executions import Execution
from alur_common.executions.content import read_entries
from alur_engine.document import Spec
from alur_engine.graph import build_graph
from alur_engine.history import rebuild, summary
from alur_sdk.errors import Permanent
from tests.simulation import world as simulated
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


async def rows(world: World, ended: Execution, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the rows of its history by name."""
    batches = await world.journals.read(ended.id)
    entries = await read_entries(batches, ended.entries, world.blobs)
    graph = build_graph(Spec.model_validate(spec), simulated.catalogue())
    state = rebuild(graph, [{"n": 1}], entries)
    return {row["name"]: row for row in summary(state, has_ended=True)}


def beside(spec: dict[str, Any], failing: dict[str, Any]) -> dict[str, Any]:
    """Return the workflow with a node that begins beside it."""
    return {**spec, "nodes": [*spec["nodes"], failing]}


@in_virtual_time
async def test_a_read_that_was_cancelled_at_once_says_when_it_began(world: World) -> None:
    await world.executor()
    world.outside.hold()
    spec = chain(node("look", "sim.read"))
    execution_id = await world.start(spec, {"n": 1})
    await world.outside.until(1)
    await world.tell(execution_id, "cancel", "cancel")
    ended = await world.rest(execution_id)
    look = (await rows(world, ended, spec))["look"]
    assert (ended.status, look["status"], look["attempts"]) == ("cancelled", "cancelled", 1)
    assert look["startedAt"] is not None


@in_virtual_time
async def test_a_read_beside_what_fails_says_when_it_began(world: World) -> None:
    world.outside.hold()
    world.outside.next.append(Permanent("no"))
    spec = beside(chain(node("look", "sim.read")), node("fail", "sim.read"))
    ended = await world.run(spec, {"n": 1})
    found = await rows(world, ended, spec)
    assert {name: (row["status"], row["attempts"]) for name, row in found.items()} == {
        "look": ("cancelled", 1),
        "fail": ("failed", 1),
    }
    assert found["look"]["startedAt"] is not None
