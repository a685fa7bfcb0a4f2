"""How items flow: settled edges make nodes fire or skip."""

from __future__ import annotations

from alur_engine import scopes
from alur_engine.graph import LOOP_PORT, GraphNode
from alur_engine.routing import Settled, Todo, send_outputs
from alur_engine.state import Frame, Run, State
from alur_sdk.errors import NodeRunLimitError


def propagate(state: State, todo: Todo) -> None:
    """Settle all edges in `todo` and what follows from them; scopes close once no edge is left to settle."""
    nodes = state.graph.nodes
    position = 0
    while True:
        if position == len(todo):
            if not state.closing:
                return
            scopes.close(state, *state.closing.pop(0), todo)
            continue
        settled = todo[position]
        position += 1
        frame, edge, segment = settled
        target = nodes[edge.target]
        if LOOP_PORT in target.opens and state.graph.is_back(edge):
            if segment is not None:
                frame.returned.append((edge, segment))
            continue
        _arrive(state, settled, target, todo)


def _arrive(state: State, settled: Settled, target: GraphNode, todo: Todo) -> None:
    frame, edge, segment = settled
    index = edge.target
    frame.pending[index] -= 1
    run = frame.runs.get(index)
    if run is not None and run.status != "pending":
        return
    if segment is not None:
        if run is None:
            run = frame.runs[index] = Run(target, frame)
        run.inputs.append((edge, segment))
    if run is not None and (target.fires_at_any or frame.pending[index] <= 0):
        fire(state, run)
    elif run is None and frame.pending[index] <= 0:
        skip(state, frame, target, todo)


def fire(state: State, run: Run) -> None:
    """Make a node run ready; above the limit of node runs the execution fails instead."""
    state.runs += 1
    if state.runs > state.limits.node_runs:
        limit = NodeRunLimitError(f"more than {state.limits.node_runs} node runs in one execution")
        scopes.end_with_error(
            state, {"code": limit.code, "message": limit.message, "node": run.node.name}
        )
        return
    if len(run.inputs) > 1:
        order = {edge.index: place for place, edge in enumerate(run.node.incoming)}
        run.inputs.sort(key=lambda pair: order.get(pair[0].index, 0))
    run.status = "ready"
    state.ready.append(run)


def skip(state: State, frame: Frame, node: GraphNode, todo: Todo) -> None:
    """Skip a node into which nothing was delivered: all its outputs are dead."""
    run = frame.runs[node.index] = Run(node, frame)
    run.status = "skipped"
    if LOOP_PORT in node.opens:
        run.sent = (LOOP_PORT,)
    send_outputs(run, todo)
    scopes.settle(state, frame, node)
