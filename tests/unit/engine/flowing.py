"""Drives the pure engine by hand: nodes do what their names and the test say, and everything is journalled and replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alur_common.catalogue import load_catalogue
from alur_engine.applying import apply, begin
from alur_engine.catalogue import Catalogue
from alur_engine.document import Spec
from alur_engine.graph import Graph, build_graph
from alur_engine.journal import (
    Failed,
    Finished,
    JournalEntry,
    Started,
    Waiting,
    decode_entry,
    encode_entry,
)
from alur_engine.planning import Cancel, End, Expire, Rest, Start, Suspend, Wake, outputs_of, plan
from alur_engine.state import Limits, Run, State
from alur_sdk.items import Item, Outputs
from alur_sdk.nodes import Effect

CATALOGUE = Catalogue.from_json(load_catalogue())
Edge = tuple[str, ...]
Does = Callable[[Run, list[Item]], Outputs]


def graph(nodes: Mapping[str, str | dict[str, Any]], edges: Sequence[Edge]) -> Graph:
    """Return a graph: name -> type (or type and more), edges as (from, to) or (from, output, to[, input])."""
    triggers: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for name, given in nodes.items():
        node = {"name": name, **({"type": given} if isinstance(given, str) else given)}
        (triggers if node["type"].startswith("trigger.") else steps).append(node)
    spec = Spec.model_validate(
        {"triggers": triggers, "nodes": steps, "edges": [_edge(edge) for edge in edges]}
    )
    return build_graph(spec, CATALOGUE)


def _edge(edge: Edge) -> dict[str, str]:
    if len(edge) == 2:
        return {"from": edge[0], "to": edge[1]}
    names = ("from", "output", "to", "input")
    return dict(zip(names, edge, strict=False))


@dataclass
class Flow:
    """An execution driven to its end, with what ran in order as `name@path`."""

    graph: Graph
    state: State
    fails: frozenset[str] = frozenset()
    retries: Mapping[str, int] = field(default_factory=dict)
    waits: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    does: Mapping[str, Does] = field(default_factory=dict)
    size: int = 1
    now: float = 0.0
    ran: list[str] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)

    def drive(self) -> End | Suspend | Rest:
        """Obey the plan until it says that the execution ends, rests or waits."""
        for _ in range(10_000):
            for command in plan(self.state, self.now):
                if isinstance(command, Start):
                    self._run(command.run)
                elif isinstance(command, Wake):
                    outputs = {"main": list(command.run.items_of())}
                    self.take(Finished(*command.run.key, 1, 0, self.now, outputs))
                elif isinstance(command, Expire):
                    error = {"code": "timeout", "message": "it took too long"}
                    self.take(Failed(*command.run.key, 1, 0, self.now, error, None))
                elif not isinstance(command, Cancel):
                    return command
        raise AssertionError("the plan never ends")

    def take(self, entry: JournalEntry) -> None:
        self.entries.append(entry)
        apply(self.state, entry)

    def _run(self, run: Run) -> None:
        name, path = run.key
        place = f"{name}@{path}" if path else name
        self.ran.append(place)
        number = run.attempt + 1
        if run.node.effect is Effect.WRITE:
            self.take(Started(name, path, number, self.now, {"0": {}}))
        if number <= self.retries.get(name, 0):
            error = {"code": "unreachable", "message": "again", "node": name}
            self.take(Failed(name, path, number, 0, 0, error, self.now + number))
        elif {name, place} & self.fails:
            error = {"code": "node-failed", "message": "boom", "node": name}
            self.take(Failed(name, path, number, 0, 0, error))
        elif name in self.waits:
            self.take(Waiting(name, path, number, 0, self.waits[name]))
        else:
            self.take(Finished(name, path, number, 0, 0, self._outputs(run), None, self.size))

    def _outputs(self, run: Run) -> Outputs:
        items = [item for edge in dict.fromkeys(e.input for e, _ in run.inputs)
                 for item in run.items_of(edge)]  # fmt: skip
        does = self.does.get(run.node.name)
        if does is not None:
            return does(run, items)
        kind = run.node.type
        if not kind.outputs and not kind.scopes:
            return {}
        port = kind.scopes[0] if kind.scopes else kind.outputs[0]
        return {port: [Item(item.json, item.binary, at) for at, item in enumerate(items)]}

    @property
    def output(self) -> list[Any]:
        return [item.json for item in outputs_of(self.graph, self.state)]

    def statuses(self) -> dict[str, str]:
        """Return `name@path` -> status of every run."""
        return {
            f"{run.node.name}@{frame.path}" if frame.path else run.node.name: run.status
            for frame in self.state.frames.values()
            for run in frame.runs.values()
        }

    def replayed(self, items: Sequence[dict[str, Any]], **how: Any) -> State:
        """Return the state that the journal of this flow leads to."""
        state = begin(self.graph, [Item(json) for json in items], **how)
        for entry in self.entries:
            apply(state, decode_entry(encode_entry(entry)))
        return state


def flow(
    nodes: Mapping[str, str | dict[str, Any]],
    edges: Sequence[Edge],
    items: Sequence[dict[str, Any]] = ({"x": 1},),
    *,
    trigger: str | None = None,
    start: str | None = None,
    limits: Limits | None = None,
    **how: Any,
) -> Flow:
    """Return a flow that has just begun."""
    made = graph(nodes, edges)
    state = begin(made, [Item(json) for json in items], trigger=trigger, start=start, limits=limits)
    return Flow(made, state, **how)
