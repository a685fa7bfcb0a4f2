"""Nodes that do not come with Alur may do with their items what they like: nobody else sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from alur_sdk.items import Item, Outputs
from alur_sdk.nodes import BatchNode, Effect, ItemNode, NodeContext, Params
from tests.simulation import world as simulated
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, node


class RudeParams(Params):
    """What it is given, which it changes too."""

    given: dict[str, Any]


def _spoil(json: dict[str, Any]) -> None:
    json["n"] = "spoiled"
    json["deep"]["list"].append("spoiled")


class Rude(ItemNode[RudeParams]):
    """Changes its item and its parameters in place."""

    effect = Effect.PURE

    def run_item(self, params: RudeParams, item: Item, ctx: NodeContext) -> Item:
        _spoil(item.json)
        _spoil(params.given)
        return item.with_json(item.json)


class RudeBatch(BatchNode[RudeParams]):
    """Changes all of its input in place."""

    effect = Effect.PURE

    def run(
        self, params: RudeParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        for item in inputs["main"]:
            _spoil(item.json)
        return {"main": list(inputs["main"])}


@pytest.mark.parametrize("kind", [Rude, RudeBatch])
@in_virtual_time
async def test_a_node_that_changes_its_items_changes_nobody_elses(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: type[Any]
) -> None:
    monkeypatch.setitem(simulated.CLASSES, "sim.read", kind)
    spec = {
        "nodes": [
            node("first", "core.set", params={"fields": {"n": 1, "deep": {"list": []}}}),
            node("rude", "sim.read", params={"given": "{{ $('first').item.json }}"}),
            node("other", "core.set", params={"fields": {"seen": "{{ $json }}"}}),
        ],
        "edges": [{"from": "first", "to": "rude"}, {"from": "first", "to": "other"}],
    }
    ended = await world.run(spec)
    clean = {"n": 1, "deep": {"list": []}}
    spoiled = {"n": "spoiled", "deep": {"list": ["spoiled"]}}
    assert ended.output == [spoiled, {**clean, "seen": clean}]
