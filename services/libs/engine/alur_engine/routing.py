"""Edges on their way to be settled."""

from __future__ import annotations

from alur_engine.graph import GraphEdge
from alur_engine.state import Frame, Run, Segment

Settled = tuple[Frame, GraphEdge, Segment | None]
"""An edge that is settled in a frame: delivered with a segment, or dead with None."""
Todo = list[Settled]
"""Edges whose targets have yet to hear of it."""


def send_outputs(run: Run, todo: Todo) -> None:
    """Settle all edges out of a node run that were not settled yet: delivered where there are items, else dead."""
    for port in run.node.outgoing:
        send_port(run, port, todo)


def send_port(run: Run, port: str, todo: Todo) -> None:
    """Settle the edges out of one port, once."""
    if port in run.sent:
        return
    run.sent += (port,)
    items = run.outputs.get(port)
    segment = (
        Segment(run, port, 0, len(items or ())) if items or run.node.type.always_emits else None
    )
    for edge in run.node.outgoing.get(port, ()):
        todo.append((run.frame, edge, segment))
