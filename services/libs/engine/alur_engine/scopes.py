"""Loops and `core.try`: what happens when a scope opens, closes, or something in it fails."""

from __future__ import annotations

from typing import Any

from alur_engine.graph import LOOP_PORT, ROOT, GraphNode, Scope
from alur_engine.routing import Todo, send_outputs, send_port
from alur_engine.state import SETTLED, Frame, Run, Segment, State
from alur_sdk.items import Item

CATCH, FINALLY, TRY = "catch", "finally", "try"


def enter(state: State, run: Run, size: int, todo: Todo) -> None:
    """Open the first scope of a node run that owns some."""
    run.status = "looping"
    state.open[run] = run
    if LOOP_PORT in run.node.opens:
        run.size = max(size, 1)
        run.sent = (LOOP_PORT,)
        _turn(state, run, 0, todo)
        return
    _open(state, run, TRY, run.outputs.get(TRY, []), todo)


def _turn(state: State, run: Run, turn: int, todo: Todo) -> None:
    """Begin a loop's turn, or end the loop after its last."""
    items = run.outputs.get(LOOP_PORT, [])
    scope = run.node.opens[LOOP_PORT]
    begin = turn * run.size
    if begin >= len(items) or state.entry.counts[scope] == 0:
        _end_loop(state, run, todo)
        return
    path = f"{run.node.name}[{turn}]"
    if run.frame.path:
        path = f"{run.frame.path}/{path}"
    frame = state.frames[path] = Frame(path, run.frame, run, turn, state.entry)
    run.turns += (frame,)
    segment = Segment(run, LOOP_PORT, begin, min(run.size, len(items) - begin))
    for edge in run.node.outgoing.get(LOOP_PORT, ()):
        todo.append((frame, edge, segment))


def _end_loop(state: State, run: Run, todo: Todo) -> None:
    """Emit what came back, turn by turn; a loop without a way back emits what went in."""
    if any(state.graph.is_back(edge) for edge in run.node.incoming):
        run.returned = [
            segment
            for frame in run.turns
            for _, segment in sorted(frame.returned, key=lambda pair: pair[0].index)
        ]
        back = [item for segment in run.returned for item in _cut(segment)]
        run.outputs["done"] = [Item(item.json, item.binary) for item in back]
    else:
        run.outputs["done"] = _passed(run)
    run.status = "succeeded"
    state.open.pop(run, None)
    send_outputs(run, todo)
    settle(state, run.frame, run.node)


def settle(state: State, frame: Frame, node: GraphNode) -> None:
    """Count a node as settled in its scope; after the last one the scope closes, once all edges are settled."""
    scope = node.scope
    if scope != ROOT:
        frame.counts[scope] -= 1
        if frame.counts[scope] == 0:
            state.closing.append((frame, state.graph.scopes[scope]))


def _cut(segment: Segment) -> list[Item]:
    return segment.run.outputs.get(segment.port, [])[segment.start : segment.start + segment.size]


def _passed(run: Run) -> list[Item]:
    """Return what went into a node run, as what it emits: each item made from itself."""
    return [Item(item.json, item.binary, at) for at, item in enumerate(run.items_of())]


def _open(state: State, run: Run, port: str, items: list[Item], todo: Todo) -> None:
    """Deliver items by a port of `core.try`; a scope without nodes closes at once."""
    run.outputs[port] = items
    send_port(run, port, todo)
    scope = state.graph.scopes[run.node.opens[port]]
    if state.entry.counts[scope.index] == 0:
        state.closing.append((run.frame, scope))


def close(state: State, frame: Frame, scope: Scope, todo: Todo) -> None:
    """Go on after the last node of a scope has settled."""
    if state.is_over:
        return
    if scope.is_loop:
        loop = frame.loop
        if loop is not None and loop.status == "looping":
            _turn(state, loop, frame.turn + 1, todo)
        return
    run = frame.runs.get(scope.owner)
    if run is None or run.status != "looping":
        return
    if scope.port == TRY:
        caught = [_error_item(run)] if run.catching is not None else []
        _open(state, run, CATCH, caught, todo)
    elif scope.port == CATCH:
        _open(state, run, FINALLY, _passed(run), todo)
    else:
        _end_try(state, run, todo)


def _end_try(state: State, run: Run, todo: Todo) -> None:
    state.open.pop(run, None)
    if run.error is not None:
        run.status = "failed"
        throw(state, run.frame, run.node, run.error, todo)
        return
    run.status = "succeeded"
    settle(state, run.frame, run.node)


def _error_item(run: Run) -> Item:
    """Return what `catch` gets: it is known from which item only where one alone was tried."""
    return Item({"error": run.catching}, None, 0 if len(run.items_of()) == 1 else None)


def throw(state: State, frame: Frame, node: GraphNode, error: dict[str, Any], todo: Todo) -> None:
    """Carry a failure outwards: to the next `core.try` that has not caught one yet, or to the end of the execution."""
    if state.is_over:
        return
    scope = node.scope
    while scope != ROOT:
        found = state.graph.scopes[scope]
        owner = frame.loop if found.is_loop else frame.runs.get(found.owner)
        if owner is None or owner.status != "looping":
            break
        _abandon(state, frame, found, todo)
        if found.is_loop:
            owner.status = "failed"
            owner.error = error
            state.open.pop(owner, None)
            frame = owner.frame
        elif found.port == TRY:
            if CATCH in owner.node.outgoing:
                owner.catching = error
            else:
                owner.error = error
            close(state, frame, found, todo)
            return
        elif found.port == CATCH:
            owner.error = error
            close(state, frame, found, todo)
            return
        else:
            owner.status = "failed"
            owner.error = error
            state.open.pop(owner, None)
        scope = owner.node.scope
    end_with_error(state, error)


def end_with_error(state: State, error: dict[str, Any]) -> None:
    """Fail the whole execution: what runs is cancelled, nothing more starts."""
    if not state.is_over:
        state.error = error
        cancel_all(state)


def cancel_all(state: State) -> None:
    """Cancel all that is open, and what was cut off and was about to be tried again: it may have begun something."""
    again = [run for run in state.ready if run.intent is not None]
    cancel_open(state, [*state.open.values(), *again])
    state.ready.clear()


def cancel_open(state: State, runs: list[Run]) -> None:
    """Mark node runs as cancelled; those that run, here or elsewhere, or began something are reported by the next plan."""
    for run in runs:
        if run.status == "running" or run.task is not None or run.intent is not None:
            state.to_cancel.append(run)
        if run.status not in SETTLED:
            run.status = "cancelled"
        state.open.pop(run, None)


def _abandon(state: State, frame: Frame, scope: Scope, todo: Todo) -> None:
    """Give up what has not settled in a scope: its edges that lead out of it are dead."""
    inside = [
        run
        for run in [*state.open.values(), *state.ready]
        if run.node.index in scope.members and _is_within(run.frame, frame)
    ]
    cancel_open(state, inside)
    level = scope.index if scope.is_loop else state.graph.nodes[scope.owner].level
    for index in scope.members & state.entry.reachable:
        node = state.graph.nodes[index]
        if node.level != level:
            continue
        run = frame.runs.get(index)
        if run is None or run.status == "pending":
            run = frame.runs[index] = Run(node, frame)
            run.status = "skipped"
        leaving = [
            edge
            for port, edges in node.outgoing.items()
            if port not in run.sent
            for edge in edges
            if edge.target not in scope.members and not state.graph.is_back(edge)
        ]
        todo += [(frame, edge, None) for edge in leaving]
        run.sent = tuple(node.outgoing)
    frame.counts[scope.index] = 0


def _is_within(frame: Frame | None, outer: Frame) -> bool:
    while frame is not None:
        if frame is outer:
            return True
        frame = frame.parent
    return False
