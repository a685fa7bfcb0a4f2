"""The graph of a version: nodes, edges, and the scopes that loops and `core.try` open.

A scope is what hangs on one port of its owner: the nodes that are reachable only through that port. `item` of `core.each`
is entered once a turn; `try`, `catch` and `finally` of `core.try` are entered at most once each time the node fires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.document import Node, Spec, Trigger
from alur_sdk.nodes import Effect

LOOP_PORT = "item"
ROOT = -1
"""The scope of nodes that are in no scope."""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An edge between nodes, by their positions in `Graph.nodes`."""

    index: int
    source: int
    output: str
    target: int
    input: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What hangs on one port of its owner. `parent` is the innermost scope that the owner is in."""

    index: int
    owner: int
    port: str
    members: frozenset[int]
    direct: tuple[int, ...]
    """Members whose innermost scope this is."""
    parent: int
    depth: int

    @property
    def is_loop(self) -> bool:
        """Entered once a turn."""
        return self.port == LOOP_PORT


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node or trigger, with what planning needs close at hand."""

    index: int
    name: str
    type: NodeType
    definition: Node | Trigger
    effect: Effect
    fires_at_any: bool
    incoming: tuple[GraphEdge, ...]
    outgoing: Mapping[str, tuple[GraphEdge, ...]]
    scope: int
    level: int
    """The innermost loop scope, which decides the run path."""
    opens: Mapping[str, int]
    """Port -> scope that this node owns."""
    keeps: bool
    """Its result is durable before anything after it starts."""

    @property
    def is_trigger(self) -> bool:
        """Its items come with the start."""
        return self.type.trigger


@dataclass(frozen=True)
class Graph:
    """A version's graph, made once and shared by all its executions."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    scopes: tuple[Scope, ...]
    by_name: Mapping[str, int]
    _entries: dict[tuple[int, ...], Entry] = field(default_factory=dict, repr=False)

    def node(self, name: str) -> GraphNode:
        """Return the node of this name; raises `KeyError`."""
        return self.nodes[self.by_name[name]]

    def entry(self, starts: tuple[int, ...]) -> Entry:
        """Return how to begin at these nodes."""
        found = self._entries.get(starts)
        if found is None:
            found = self._entries[starts] = _entry(self, starts)
        return found

    def starts(self, trigger: str | None, start: str | None) -> tuple[int, ...]:
        """Return where an execution begins: what is named, the manual trigger, the first trigger, or all roots."""
        for name in (start, trigger):
            if name is not None and name in self.by_name:
                return (self.by_name[name],)
        triggers = [node for node in self.nodes if node.is_trigger]
        manual = [node for node in triggers if node.type.type == "trigger.manual"]
        if triggers:
            return ((manual or triggers)[0].index,)
        return tuple(n.index for n in self.nodes if not _forward(self, n))

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Nodes without any edge out, in the order they are listed: what they emit is the output."""
        return tuple(n.index for n in self.nodes if not n.outgoing and not n.is_trigger)

    def is_back(self, edge: GraphEdge) -> bool:
        """Return whether the edge is the way back into a loop node."""
        scope = self.nodes[edge.target].opens.get(LOOP_PORT)
        return scope is not None and edge.source in self.scopes[scope].members


@dataclass(frozen=True, slots=True)
class Entry:
    """How an execution begins: how many settled edges each reachable node waits for, and each scope's count of nodes."""

    starts: tuple[int, ...]
    pending: tuple[int, ...]
    """By node; 0 for those that nothing reaches."""
    reachable: frozenset[int]
    counts: tuple[int, ...]
    """By scope: direct members that can be reached."""


def build_graph(spec: Spec, catalogue: Catalogue) -> Graph:
    """Return the graph of a validated spec. Raises `NotFoundError` for an unknown type, `KeyError` for an unknown name."""
    definitions: list[Node | Trigger] = [*spec.triggers, *spec.nodes]
    by_name = {definition.name: index for index, definition in enumerate(definitions)}
    types = [catalogue.get(definition.type) for definition in definitions]
    edges = tuple(
        GraphEdge(i, by_name[e.from_], e.output, by_name[e.to], e.input)
        for i, e in enumerate(spec.edges)
    )
    scopes = find_scopes([t.scopes for t in types], edges)
    incoming: dict[int, list[GraphEdge]] = {}
    outgoing: dict[int, dict[str, list[GraphEdge]]] = {}
    for edge in edges:
        incoming.setdefault(edge.target, []).append(edge)
        outgoing.setdefault(edge.source, {}).setdefault(edge.output, []).append(edge)
    nodes = tuple(
        _node(i, definition, types[i], (incoming.get(i, []), outgoing.get(i, {})), scopes)
        for i, definition in enumerate(definitions)
    )
    return Graph(nodes, edges, scopes, by_name)


def _node(
    index: int,
    definition: Node | Trigger,
    kind: NodeType,
    wiring: tuple[list[GraphEdge], dict[str, list[GraphEdge]]],
    scopes: tuple[Scope, ...],
) -> GraphNode:
    own = innermost(scopes, index)
    incoming, outgoing = wiring
    order = {port: position for position, port in enumerate(kind.inputs)}
    incoming = sorted(incoming, key=lambda e: (order.get(e.input, len(order)), e.index))
    effect = kind.effect_of(definition.params)
    checkpoint = isinstance(definition, Node) and definition.checkpoint
    fires_at_any = kind.fires_at_any_input(definition.params) and not definition.disabled
    return GraphNode(
        index=index,
        name=definition.name,
        type=kind,
        definition=definition,
        effect=effect,
        fires_at_any=fires_at_any,
        incoming=tuple(incoming),
        outgoing={port: tuple(found) for port, found in outgoing.items()},
        scope=own,
        level=_level(scopes, own),
        opens={scope.port: scope.index for scope in scopes if scope.owner == index},
        keeps=checkpoint or kind.checkpoint or effect is Effect.WRITE,
    )


def find_scopes(ports: list[tuple[str, ...]], edges: Iterable[GraphEdge]) -> tuple[Scope, ...]:
    """Return all scopes; `ports` holds for each node the ports that open one."""
    edges = list(edges)
    outgoing: dict[int, list[GraphEdge]] = {}
    incoming: dict[int, list[GraphEdge]] = {}
    for edge in edges:
        outgoing.setdefault(edge.source, []).append(edge)
        incoming.setdefault(edge.target, []).append(edge)
    found = [
        (owner, port, _members(owner, port, outgoing, incoming))
        for owner, opened in enumerate(ports)
        for port in opened
    ]
    return _nested(found)


def _members(
    owner: int,
    port: str,
    outgoing: Mapping[int, list[GraphEdge]],
    incoming: Mapping[int, list[GraphEdge]],
) -> frozenset[int]:
    """Return the nodes that are reachable from the owner's port and from nowhere else."""
    reached: set[int] = set()
    queue = [e.target for e in outgoing.get(owner, ()) if e.output == port]
    while queue:
        node = queue.pop()
        if node != owner and node not in reached:
            reached.add(node)
            queue += [e.target for e in outgoing.get(node, ())]

    def comes_from_outside(edge: GraphEdge) -> bool:
        if edge.source == owner:
            return edge.output != port
        return edge.source not in reached

    outside = [n for n in reached if any(comes_from_outside(e) for e in incoming[n])]
    while outside:
        node = outside.pop()
        if node in reached:
            reached.discard(node)
            outside += [e.target for e in outgoing.get(node, ()) if e.target in reached]
    return frozenset(reached)


def _nested(found: list[tuple[int, str, frozenset[int]]]) -> tuple[Scope, ...]:
    sizes = [len(members) for _, _, members in found]

    def inside(node: int) -> int:
        holding = [i for i, (_, _, members) in enumerate(found) if node in members]
        return min(holding, key=lambda i: sizes[i], default=ROOT)

    scopes: list[Scope] = []
    for index, (owner, port, members) in enumerate(found):
        parent = inside(owner)
        depth, above = 0, parent
        while above != ROOT and depth <= len(found):
            depth, above = depth + 1, inside(found[above][0])
        direct = tuple(sorted(n for n in members if inside(n) == index))
        scopes.append(Scope(index, owner, port, members, direct, parent, depth))
    return tuple(scopes)


def innermost(scopes: tuple[Scope, ...], node: int) -> int:
    """Return the innermost scope that the node is in, or `ROOT`."""
    holding = [scope for scope in scopes if node in scope.members]
    return min(holding, key=lambda s: len(s.members)).index if holding else ROOT


def _level(scopes: tuple[Scope, ...], scope: int) -> int:
    while scope != ROOT and not scopes[scope].is_loop:
        scope = scopes[scope].parent
    return scope


def _forward(graph: Graph, node: GraphNode) -> list[GraphEdge]:
    return [edge for edge in node.incoming if not graph.is_back(edge)]


def _entry(graph: Graph, starts: tuple[int, ...]) -> Entry:
    reachable: set[int] = set()
    queue = list(starts)
    while queue:
        node = queue.pop()
        if node not in reachable:
            reachable.add(node)
            queue += [e.target for out in graph.nodes[node].outgoing.values() for e in out]
    pending = [0] * len(graph.nodes)
    for index in reachable:
        if index not in starts:
            forward = _forward(graph, graph.nodes[index])
            pending[index] = sum(edge.source in reachable for edge in forward)
    counts = [sum(n in reachable for n in scope.direct) for scope in graph.scopes]
    return Entry(starts, tuple(pending), frozenset(reachable), tuple(counts))
