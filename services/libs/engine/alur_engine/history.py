"""History: what a journal tells people: node runs with their times, items and errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from alur_engine.applying import apply, begin
from alur_engine.graph import Graph
from alur_engine.journal import decode_entry
from alur_engine.state import SETTLED, Run, State
from alur_engine.views import shown
from alur_sdk.instants import rfc3339
from alur_sdk.items import Item

PAGE_ITEMS = 100
_NEVER: dict[str, Any] = {"startedAt": None, "durationMs": None}
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
    """Return how one node run is shown: `{type: node, name, path, status, attempts, items, startedAt, durationMs, error?}`."""
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
        **_times([run]),
    }
    if run.error is not None:
        shown_run["error"] = run.error
    if run.logs:
        shown_run["logs"] = len(run.logs)
    return shown_run


def _ended_at(run: Run) -> float | None:
    """Return when it ended. A node that opens scopes has only begun once it has emitted: it ends with the last within."""
    scopes = run.node.opens.values()
    if not scopes or run.ended_at is None:
        return run.ended_at
    if run.status not in SETTLED:
        return None
    within = [
        _ended_at(inner) or run.ended_at
        for frame in run.turns or (run.frame,)
        for inner in frame.runs.values()
        if inner.node.scope in scopes
    ]
    return max([run.ended_at, *within])


def summary(state: State, *, has_ended: bool) -> list[dict[str, Any]]:
    """Return one row a node, in the order they are listed.

    A node in a loop shows its last run that was not skipped, and of all its runs their number, their items and the time
    they took.
    """
    rows: list[dict[str, Any]] = []
    for node in state.graph.nodes:
        if node.is_trigger:
            continue
        runs = runs_of(state, node.name)
        if runs:
            ran = [run for run in runs if run.status != "skipped"] or runs
            row = _run_shown(ran[-1])
            row["items"] = sum(_run_shown(run)["items"] for run in runs)
            if lines := sum(len(run.logs) for run in runs):
                row["logs"] = lines
            if len(runs) > 1:
                row |= {"runs": len(runs), **_times(ran)}
            if has_ended and row["status"] in ("running", "waiting"):
                row |= {"status": "cancelled", "attempts": ran[-1].attempt}
            rows.append(row)
        elif has_ended:
            skipped = {"name": node.name, "status": "skipped", "attempts": 0, "items": 0}
            rows.append(skipped | _NEVER)
    return rows


def _times(runs: Sequence[Run]) -> dict[str, Any]:
    """Return when the first of these began, and how long it took until the last had ended; null is what is not known yet."""
    begun = [run.started_at for run in runs if run.started_at is not None]
    ended = [at for run in runs if (at := _ended_at(run)) is not None]
    if not begun:
        return dict(_NEVER)
    all_ended = len(ended) == len(runs)
    took = max(round((max(ended) - min(begun)) * 1000), 0) if all_ended else None
    return {"startedAt": rfc3339(min(begun)), "durationMs": took}


def runs_of(state: State, name: str) -> list[Run]:
    """Return all runs of a node, in the order of its turns."""
    index = state.graph.by_name[name]
    return [
        run
        for frame in state.frames.values()
        if (run := frame.runs.get(index)) is not None and run.status != "pending"
    ]


def logs_of(state: State, name: str | None = None) -> list[dict[str, Any]]:
    """Return what all node runs, or those of one node, said: `{node, path, attempt, at, text}`, the oldest first."""
    runs = [
        run
        for frame in state.frames.values()
        for run in frame.runs.values()
        if run.logs and name in (None, run.node.name)
    ]
    said = [(at, run, attempt, text) for run in runs for attempt, at, text in run.logs]
    return [
        {"node": run.node.name, "path": run.frame.path, **_line(attempt, at, text)}
        for at, run, attempt, text in sorted(said, key=lambda line: line[0])
    ]


def _line(attempt: int, at: float, text: str) -> dict[str, Any]:
    return {"attempt": attempt, "at": rfc3339(at), "text": text}


def files_of(state: State) -> list[dict[str, Any]]:
    """Return the files that node runs emitted, each content once, with who emitted it first.

    `{blob, size, mediaType, fileName?, name, node, path, item}`: `name` is what its item calls it.
    """
    found: dict[str, dict[str, Any]] = {}
    for frame in state.frames.values():
        for run in frame.runs.values():
            for items in run.outputs.values():
                for at, item in enumerate(items):
                    for name, file in (item.binary or {}).items():
                        of = {"name": name, "node": run.node.name, "path": frame.path, "item": at}
                        found.setdefault(file["blob"], file | of)
    return list(found.values())


Place = tuple[int, int]
"""Where a page of a node's runs begins: at which run, and there at which item of each port."""


def node_detail(
    state: State, name: str, *, at: Place = (0, 0), limit: int = PAGE_ITEMS
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return a page of a node's runs with their items in and out, and where the next page begins, None at the end.

    A page holds at most `limit` items a port, of all its runs together. A run that does not fit goes on in the
    next page, as a run of the same path; its `counts` say how many items each port has.
    """
    runs = runs_of(state, name)
    number, start = at
    found: list[dict[str, Any]] = []
    for index in range(number, len(runs)):
        if limit == 0:
            return found, (index, 0)
        shown_run, longest = _detail(runs[index], start, limit)
        found.append(shown_run)
        if longest > start + limit:
            return found, (index, start + limit)
        # A run without items takes room too: thousands of them are no page.
        limit -= max(longest - start, 1)
        start = 0
    return found, None


def _detail(run: Run, start: int, limit: int) -> tuple[dict[str, Any], int]:
    """Return the run with the items of this page, and how many its fullest port has."""
    ports = dict.fromkeys(edge.input for edge, _ in run.inputs)
    ins = {port: run.items_of(port) for port in ports}
    counts = {
        "input": {port: len(items) for port, items in ins.items()},
        "output": {port: len(items) for port, items in run.outputs.items()},
    }
    detail = {
        **node_change(run),
        "input": {port: _page(items, start, limit) for port, items in ins.items()},
        "output": {port: _page(items, start, limit) for port, items in run.outputs.items()},
        "counts": counts,
        "wait": run.wait,
        "logs": [_line(*line) for line in run.logs],
    }
    return detail, max([*counts["input"].values(), *counts["output"].values()], default=0)


def _page(items: list[Item], start: int, limit: int) -> list[dict[str, Any]]:
    return [
        {**shown(item), **({"source": item.source} if item.source is not None else {})}
        for item in items[start : start + limit]
    ]
