"""The world outside: a server that remembers what it was asked to do under which key, and the node types that ask it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import orjson
from pydantic import Field

from alur_sdk.errors import Permanent, Retryable
from alur_sdk.items import Item
from alur_sdk.nodes import Effect, HttpRequest, HttpResponse, ItemNode, NodeContext, Params
from tests.simulation.network import Network
from tests.simulation.process import Process

KEY = "idempotency-key"
PLACE = "place"


class Outside:
    """Answers by what it is asked alone, so that an attempt more or less changes nothing but the count."""

    def __init__(self) -> None:
        self.asked: dict[str, set[bytes]] = defaultdict(set)
        """key -> the contents that came with it."""
        self.calls: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        """key -> how often what it stands for was done."""
        self.places: dict[str, set[str]] = defaultdict(set)
        """Where in an execution -> the keys that came from there."""
        self.on_call: Callable[[str], None] = lambda _: None
        """Hears where each call comes from, at the moment in which it happens."""

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Take a request; raises `Permanent` or `Retryable` as its body says."""
        body = orjson.loads(request.body or b"{}")
        key = request.headers.get(KEY, "")
        if key:
            self.asked[key].add(request.body or b"")
            self.calls[key] += 1
            self.places[request.headers[PLACE]].add(key)
        self.on_call(request.headers[PLACE])
        number = body["n"]
        if number % 7 == body.get("bad", -1):
            raise Permanent(f"{number} is refused")
        if self.calls[key] <= body.get("flaky", 0):
            raise Retryable("not yet")
        self.done[key] += 1
        return HttpResponse(200, {}, orjson.dumps({"n": number * 2 + 1}), request.url)


class RemoteOutside:
    """`Http` over the network."""

    def __init__(self, outside: Outside, process: Process, network: Network) -> None:
        self._outside = outside
        self._process = process
        self._network = network

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await self._network.ask(self._process, lambda: self._outside.answer(request))


def _place_of(context: NodeContext) -> str:
    known: Any = context
    run = known._run
    return "|".join((known._execution.id, run.node.name, run.frame.path, str(context.index)))


class AskParams(Params):
    """What to ask."""

    body: dict[str, Any] = Field(default_factory=dict)


class Write(ItemNode[AskParams]):
    """Do something outside, under a key."""

    label = "Write"
    effect = Effect.WRITE

    async def run_item(self, params: AskParams, item: Item, ctx: NodeContext) -> Item:
        headers = {KEY: ctx.idempotency_key(), PLACE: _place_of(ctx)}
        request = HttpRequest("POST", "sim://outside", headers, orjson.dumps(params.body))
        answer = await ctx.http.send(request)
        return item.with_json({**item.json, **orjson.loads(answer.body)})


class Read(ItemNode[AskParams]):
    """Ask something outside."""

    label = "Read"
    effect = Effect.READ

    async def run_item(self, params: AskParams, item: Item, ctx: NodeContext) -> Item:
        request = HttpRequest(
            "GET", "sim://outside", {PLACE: _place_of(ctx)}, orjson.dumps(params.body)
        )
        answer = await ctx.http.send(request)
        return item.with_json({**item.json, **orjson.loads(answer.body)})
