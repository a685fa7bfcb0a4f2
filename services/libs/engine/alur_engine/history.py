"""History: what a journal tells people: node runs with their times, items and errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from alur_engine.applying import apply, begin
from alur_engine.graph import Graph
from alur_engine.journal import decode_entry
from alur_engine.state import Run, State
from alur_engine.views import shown
from alur_sdk.items import Item

PAGE_ITEMS = 100
_STATUS = {"pending": "skipped", "ready": "running", "looping": "running"}


def rebuild(
    graph: Graph,
    items: Sequence[dict[str, Any]],
    entries: Iterable[Sequence[Any]],
    *,
    trigger: str | None = None,
    start: str | None = None,
) -> State:
    """Return the state that a journal leads to."""
    state = begin(graph, [Item(json) for json in items], trigger=trigger, start=start)
    for entry in entries:
        apply(state, decode_entry(entry))
    return state


def node_change(run: Run) -> dict[str, Any]:
    """Return how one node run is shown: `{type: node, name, path, status, attempts, items, startedAt?, durationMs?, error?}`."""
    return {"type": "node", "path": run.frame.path, **_run_shown(run)}


def _run_shown(run: Run) -> dict[str, Any]:
    items = sum(len(found) for found in run.outputs.values())
    if run.node.opens:
        items = len(run.outputs.get("done", run.outputs.get("finally", ())))
    shown_run: dict[str, Any] = {
        "name": run.node.name,
        "status": _STATUS.get(run.status, run.status),
        "attempts": max(run.attempt, 0 if run.status == "skipped" else 1),
        "items": items,
    }
    if run.started_at is not None:
        shown_run["startedAt"] = timestamp(run.started_at)
        if run.ended_at is not None:
            shown_run["durationMs"] = max(round((run.ended_at - run.started_at) * 1000), 0)
    if run.error is not None:
        shown_run["error"] = run.error
    return shown_run


def timestamp(seconds: float) -> str:
    """Return a time as RFC 3339 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def summary(state: State, *, has_ended: bool) -> list[dict[str, Any]]:
    """Return one row a node, in the order they are listed.

    A node in a loop shows its last run, and of all its runs their number, their items and the time they took.
    """
    rows: list[dict[str, Any]] = []
    for node in state.graph.nodes:
        if node.is_trigger:
            continue
        runs = runs_of(state, node.name)
        if runs:
            row = _run_shown(runs[-1])
            row["items"] = sum(_run_shown(run)["items"] for run in runs)
            if len(runs) > 1:
                row |= {"runs": len(runs), **_span(runs)}
            if has_ended and row["status"] in ("running", "waiting"):
                row["status"] = "cancelled"
            rows.append(row)
        elif has_ended:
            rows.append({"name": node.name, "status": "skipped", "attempts": 0, "items": 0})
    return rows


def _span(runs: Sequence[Run]) -> dict[str, Any]:
    """Return when the first of these began, and how long it took until the last had ended."""
    begun = [run.started_at for run in runs if run.started_at is not None]
    ended = [run.ended_at for run in runs if run.ended_at is not None]
    if not begun:
        return {}
    span: dict[str, Any] = {"startedAt": timestamp(min(begun))}
    if len(ended) == len(runs):
        span["durationMs"] = max(round((max(ended) - min(begun)) * 1000), 0)
    return span


def runs_of(state: State, name: str) -> list[Run]:
    """Return all runs of a node, in the order of its turns."""
    index = state.graph.by_name[name]
    return [
        run
        for frame in state.frames.values()
        if (run := frame.runs.get(index)) is not None and run.status != "pending"
    ]


def node_detail(
    state: State, name: str, *, offset: int = 0, limit: int = PAGE_ITEMS
) -> tuple[list[dict[str, Any]], int]:
    """Return runs of a node with their items in and out, from run `offset`, and how many runs there are.

    Each port shows at most `limit` items and says how many there are in `counts`.
    """
    runs = runs_of(state, name)
    return [_detail(run, limit) for run in runs[offset : offset + limit]], len(runs)


def _detail(run: Run, limit: int) -> dict[str, Any]:
    ports = dict.fromkeys(edge.input for edge, _ in run.inputs)
    ins = {port: run.items_of(port) for port in ports}
    return {
        **node_change(run),
        "input": {port: _page(items, limit) for port, items in ins.items()},
        "output": {port: _page(items, limit) for port, items in run.outputs.items()},
        "counts": {
            "input": {port: len(items) for port, items in ins.items()},
            "output": {port: len(items) for port, items in run.outputs.items()},
        },
        "wait": run.wait,
    }


def _page(items: list[Item], limit: int) -> list[dict[str, Any]]:
    return [
        {**shown(item), **({"source": item.source} if item.source is not None else {})}
        for item in items[:limit]
    ]
