"""The graph as a whole: no cycle but through a loop node, and no way out of a loop but its `done` port."""

from __future__ import annotations

from collections.abc import Iterator

from alur_engine.catalogue import Catalogue
from alur_engine.graph import GraphEdge, Scope, find_scopes
from alur_engine.validation.drafts import Draft
from alur_sdk.errors import Problem

_SHOWN = 20


def loop_problems(draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield cycles and edges that leave a loop. Edges whose ends are unknown are left out."""
    names = list(draft.by_name)
    position = {name: index for index, name in enumerate(names)}
    kinds = [catalogue.find(draft.by_name[name].type) for name in names]
    edges = [
        GraphEdge(index, position[e.source], e.output, position[e.target], e.input)
        for index, e in enumerate(draft.links)
        if e.source in position and e.target in position
    ]
    scopes = find_scopes([kind.scopes if kind else () for kind in kinds], edges)
    loops = [scope for scope in scopes if scope.is_loop]
    forward = [edge for edge in edges if not _is_back(edge, loops)]
    for edge in edges:
        for scope in loops:
            if edge.source in scope.members and not _stays(edge, scope, loops):
                yield _leaves(draft.links[edge.index].path, names, edge, scope)
    for cycle in _cycles(len(names), forward):
        yield _cycle(draft, names, cycle)


def _is_back(edge: GraphEdge, loops: list[Scope]) -> bool:
    return any(edge.target == scope.owner and edge.source in scope.members for scope in loops)


def _stays(edge: GraphEdge, scope: Scope, loops: list[Scope]) -> bool:
    """Return whether an edge from within a loop stays in it, or goes back to its node.

    Where nothing but ways back leads into two loops, each looks as if it were within the other: then the way back into the
    outer one is what leaves the inner one.
    """
    if edge.target == scope.owner:
        return True
    outer = (s for s in loops if s.owner == edge.target and edge.source in s.members)
    return edge.target in scope.members and not any(scope.owner in s.members for s in outer)


def _leaves(path: str, names: list[str], edge: GraphEdge, scope: Scope) -> Problem:
    loop, source, target = names[scope.owner], names[edge.source], names[edge.target]
    message = (
        f"the edge from {source!r} to {target!r} leaves the loop of {loop!r}: "
        f"lead it back to {loop!r} and go on from its port `done`"
    )
    return Problem(path, "scope", message)


def _cycles(size: int, edges: list[GraphEdge]) -> Iterator[list[GraphEdge]]:
    """Yield cycles until none is left, each without the nodes of the ones before."""
    outgoing: list[list[GraphEdge]] = [[] for _ in range(size)]
    incoming: list[list[GraphEdge]] = [[] for _ in range(size)]
    for edge in edges:
        outgoing[edge.source].append(edge)
        incoming[edge.target].append(edge)
    left = set(range(size))
    _peel(left, outgoing, incoming, list(left))
    while left:
        cycle = _walk(min(left), left, outgoing)
        yield cycle
        gone = [edge.source for edge in cycle]
        left.difference_update(gone)
        near = [e.target for n in gone for e in outgoing[n]] + [
            e.source for n in gone for e in incoming[n]
        ]
        _peel(left, outgoing, incoming, near)


def _peel(
    left: set[int],
    outgoing: list[list[GraphEdge]],
    incoming: list[list[GraphEdge]],
    queue: list[int],
) -> None:
    """Remove the nodes that lie on no cycle: nothing of what is left leads in, or nothing leads out."""
    while queue:
        node = queue.pop()
        if node not in left:
            continue
        before = [edge.source for edge in incoming[node] if edge.source in left]
        after = [edge.target for edge in outgoing[node] if edge.target in left]
        if not before or not after:
            left.discard(node)
            queue += before + after


def _walk(start: int, left: set[int], outgoing: list[list[GraphEdge]]) -> list[GraphEdge]:
    path: list[GraphEdge] = []
    seen: dict[int, int] = {}
    node = start
    while node not in seen:
        seen[node] = len(path)
        edge = next(edge for edge in outgoing[node] if edge.target in left)
        path.append(edge)
        node = edge.target
    return path[seen[node] :]


def _cycle(draft: Draft, names: list[str], cycle: list[GraphEdge]) -> Problem:
    way = " -> ".join(repr(names[edge.source]) for edge in cycle[:_SHOWN])
    more = " -> …" if len(cycle) > _SHOWN else ""
    message = (
        f"a cycle: {way}{more} -> {names[cycle[0].source]!r}; only the way back into `core.each` from nodes that "
        "are reachable through its port `item` alone may close one"
    )
    return Problem(draft.links[cycle[-1].index].path, "cycle", message)
