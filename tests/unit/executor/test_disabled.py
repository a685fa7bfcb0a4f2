"""What passes a node that is disabled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, node


def _joined(**merge: Any) -> dict[str, Any]:
    """Return two branches that a disabled merge joins: `left` enters `b` at once, `right` enters `a` later."""
    origin = {"fields": {"by": "{{ $json.by }}", "of": '{{ $("all").item.json.n }}'}}
    return {
        "nodes": [
            node("all", "core.noop"),
            node("left", "core.set", params={"fields": {"by": "left"}}),
            node("later", "core.noop"),
            node("right", "core.set", params={"fields": {"by": "right"}}),
            node("merge", "core.merge", disabled=True, **merge),
            node("end", "core.set", params={"keep": "none", **origin}),
        ],
        "edges": [
            {"from": "all", "to": "left"},
            {"from": "all", "to": "later"},
            {"from": "later", "to": "right"},
            {"from": "left", "to": "merge", "input": "b"},
            {"from": "right", "to": "merge", "input": "a"},
            {"from": "merge", "to": "end"},
        ],
    }


@pytest.mark.parametrize("mode", ["append", "combine", "first"])
@in_virtual_time
async def test_what_entered_a_disabled_node_passes_it_in_the_order_of_its_ports(
    world: World, mode: str
) -> None:
    ended = await world.run(_joined(params={"mode": mode}), {"n": 1}, {"n": 2})
    expected = [{"by": side, "of": n} for side in ("right", "left") for n in (1, 2)]
    assert (ended.status, ended.output) == ("succeeded", expected)
