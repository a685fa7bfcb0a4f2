"""The testing kit catches what nodes must not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from alur_sdk import (
    BatchNode,
    Effect,
    HttpRequest,
    Item,
    ItemNode,
    NodeContext,
    Outputs,
    Params,
    Permanent,
    Retryable,
    ScopeNode,
)
from alur_sdk.testing import FakeContext, FakeHttp, answer, check_case, items_of, run_node


class NoParams(Params):
    """Nothing."""


class Careless(ItemNode[NoParams]):
    """Changes its input."""

    effect = Effect.PURE

    def run_item(self, params: NoParams, item: Item, ctx: NodeContext) -> Item:
        item.json["changed"] = True
        return Item(item.json)


class Lazy(ItemNode[NoParams]):
    """Hands its input on as it is."""

    effect = Effect.PURE

    def run_item(self, params: NoParams, item: Item, ctx: NodeContext) -> Item:
        return item


class Silent(ItemNode[NoParams]):
    """Says nothing, but to the log."""

    effect = Effect.PURE

    async def run_item(self, params: NoParams, item: Item, ctx: NodeContext) -> None:
        ctx.log("seen", index=ctx.index)


class Whole(BatchNode[NoParams]):
    """Keeps its items in a blob."""

    effect = Effect.PURE

    async def run(
        self, params: NoParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        reference = await ctx.put_blob(b"all", "text/plain")
        return {"main": [Item({"size": len(await ctx.get_blob(reference))}, {"all": reference})]}


class Opens(ScopeNode[NoParams]):
    """Is run by the engine."""


async def test_a_node_that_changes_its_input_is_caught() -> None:
    with pytest.raises(AssertionError, match="changed its input"):
        await run_node(Careless, {}, FakeContext({"main": items_of([{}])}))


async def test_a_node_that_hands_its_input_on_is_caught() -> None:
    with pytest.raises(AssertionError, match="as it is"):
        await run_node(Lazy, {}, FakeContext({"main": items_of([{}])}))


async def test_a_node_may_emit_nothing() -> None:
    ctx = FakeContext({"main": items_of([{}, {}])})
    assert await run_node(Silent, {}, ctx) == {}
    assert ctx.lines == [("seen", {"index": 0}), ("seen", {"index": 1})]


async def test_a_batch_node_may_be_asynchronous() -> None:
    result = await run_node(Whole, {}, FakeContext({"main": []}))
    reference = {"blob": "blob-0", "size": 3, "mediaType": "text/plain"}
    assert result == {"main": [Item({"size": 3}, {"all": reference})]}


async def test_what_the_engine_runs_is_not_run_here() -> None:
    with pytest.raises(TypeError, match="run by the engine"):
        await run_node(Opens, {}, FakeContext({"main": []}))


@pytest.mark.parametrize(
    "case",
    [
        {"outputs": {"main": [{"other": 1}]}},
        {"outputs": {}, "sources": {"main": [7]}},
        {"outputs": {}, "requests": [{"method": "GET"}]},
        {"error": {"code": "permanent"}},
        {"invalid": "anything"},
        {"valid": {"a": 1}},
    ],
    ids="/".join,
)
async def test_a_case_that_does_not_hold_fails(case: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        await check_case(Silent, case)


async def test_a_request_without_an_answer_fails() -> None:
    with pytest.raises(Permanent, match="no answer for request number 1"):
        await FakeHttp().send(HttpRequest("GET", "https://example.com/"))


async def test_an_answer_may_be_a_failure() -> None:
    http = FakeHttp([Retryable("gone"), answer(204)])
    with pytest.raises(Retryable):
        await http.send(HttpRequest("GET", "https://example.com/"))
    assert (await http.send(HttpRequest("GET", "https://example.com/"))).status == 204


def test_a_node_knows_its_parameters_through_a_class_between() -> None:
    class Between(Careless):
        """Adds nothing."""

    assert Between.params_type() is NoParams
    assert ScopeNode.params_type() is Params
