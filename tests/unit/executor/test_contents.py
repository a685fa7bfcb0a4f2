"""Large content is kept outside of documents, as something that its execution uses."""

from __future__ import annotations

import pytest

from alur_common.blobs import INLINE_BYTES
from alur_common.executions import BlobUses
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

LARGE = "x" * INLINE_BYTES


@in_virtual_time
async def test_all_that_an_execution_keeps_is_recorded_as_its_own(world: World) -> None:
    spec = chain(
        node("a", "core.set", params={"fields": {"a": LARGE}}, checkpoint=True),
        node("b", "core.set", params={"keep": "none", "fields": {"b": LARGE}}),
    )
    ended = await world.run(spec, {"n": LARGE})
    (batch,) = await world.journals.read(ended.id)
    kept = {ended.input_blob, ended.output_blob, batch.entries[0][1], ended.entries[0][1]}
    uses = await BlobUses(world.documents).page(None, 10)
    assert {use.sha256 for use in uses} == kept == set(world.kept._contents)
    assert {use.execution for use in uses} == {ended.id}


@in_virtual_time
async def test_small_content_costs_no_use(world: World) -> None:
    await world.run(chain(node("a", checkpoint=True)), {"n": 1})
    assert await BlobUses(world.documents).page(None, 10) == []


@pytest.mark.parametrize("checkpoint", [False, True])
@in_virtual_time
async def test_an_execution_that_holds_one_text_too_many_times_fails_with_the_limit(
    world: World, *, checkpoint: bool
) -> None:
    """Written out it would be 200 MB; both where it is kept at the end and where it is kept before."""
    fields = {f"f{number}": "{{ $json.text }}" for number in range(2_000)}
    spec = chain(node("a", "core.set", params={"fields": fields}, checkpoint=checkpoint), node("b"))
    ended = await world.run(spec, {"text": "x" * 100_000})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "limit-bytes")
