"""`begin` and `apply`: how the state of an execution follows from its journal. Total, deterministic, free of I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alur_engine import scopes
from alur_engine.catalogue import ERROR_PORT
from alur_engine.flow import fire, propagate
from alur_engine.graph import ROOT, Graph, GraphEdge
from alur_engine.journal import (
    Cancelled,
    Failed,
    Finished,
    ItemDone,
    JournalEntry,
    Logged,
    Resolved,
    Started,
    Stopped,
    Waiting,
)
from alur_engine.routing import Todo, send_outputs
from alur_engine.state import Limits, Run, Segment, State
from alur_sdk.errors import InvalidError, ItemLimitError, Problem
from alur_sdk.items import Item


def begin(
    graph: Graph,
    items: Sequence[Item],
    *,
    trigger: str | None = None,
    start: str | None = None,
    limits: Limits | None = None,
) -> State:
    """Return the state of an execution that has just begun with these items.

    Raises `InvalidError` when `start` names nothing, or a node inside a loop.
    """
    _check_start(graph, start)
    entry = graph.entry(graph.starts(trigger, start))
    state = State(graph, entry, limits or Limits())
    todo: Todo = []
    for index in entry.starts:
        node = graph.nodes[index]
        run = Run(node, state.root)
        state.root.runs[index] = run
        state.runs += 1
        if node.is_trigger:
            run.status = "succeeded"
            run.outputs = {"main": list(items)}
            send_outputs(run, todo)
        else:
            origin = Run(node, state.root)
            origin.outputs = {"main": list(items)}
            run.inputs.append((_INPUT_EDGE, Segment(origin, "main", 0, len(items))))
            fire(state, run)
    propagate(state, todo)
    return state


_INPUT_EDGE = GraphEdge(ROOT, ROOT, "main", ROOT, "main")
"""Stands for the edge by which the input of an execution enters a node."""


def _check_start(graph: Graph, start: str | None) -> None:
    if start is None:
        return
    if start not in graph.by_name:
        problem = Problem("start", "unknown-node", f"there is no node or trigger named {start!r}")
        raise InvalidError(f"there is no node or trigger named {start!r} to start at", [problem])
    if graph.node(start).level != ROOT:
        problem = Problem("start", "inside-loop", f"{start!r} is inside a loop")
        raise InvalidError(f"{start!r} is inside a loop: start at the loop itself", [problem])


def apply(state: State, entry: JournalEntry) -> State:
    """Return the state after the entry. The state passed in is used up.

    What is late (its node run was cancelled or has ended) changes nothing.
    """
    if isinstance(entry, Cancelled):
        return _cancel(state, entry)
    frame = state.frames.get(entry.path)
    run = frame.runs.get(state.graph.by_name[entry.node]) if frame else None
    if run is None or run.status not in _TAKES:
        return state
    if type(entry) is Finished:
        finish(state, run, entry)
    else:
        _OTHERS[type(entry)](state, run, entry)
    return state


_TAKES = frozenset({"ready", "running", "waiting", "in-doubt"})


def finish(state: State, run: Run, entry: Finished) -> None:
    """Apply the end of a node run that is known to be open: what `apply` does, without looking for the run."""
    error = run.denied if entry.error is None else entry.error
    run.status = "failed" if error is not None else "succeeded"
    run.error = error
    run.outputs = entry.outputs
    run.attempt = entry.attempt
    if run.started_at is None:
        run.started_at = entry.started
    run.ended_at = entry.ended
    if state.open.pop(run, None) is None or run.wait or run.intent is not None or run.outcomes:
        _let_go(state, run)
    if entry.reply is not None and state.reply is None:
        state.reply = entry.reply
    made = sum(map(len, entry.outputs.values()))
    if made > state.limits.items:
        _too_many(state, run, made)
        return
    todo: Todo = []
    if run.node.opens and entry.error is None:
        run.outputs = dict(entry.outputs)
        scopes.enter(state, run, entry.size, todo)
    else:
        send_outputs(run, todo)
        scopes.settle(state, run.frame, run.node)
    propagate(state, todo)


def _let_go(state: State, run: Run) -> None:
    """Forget what a node run that has ended went through, but for the executions that it did not wait for to the end."""
    run.retry_at = run.outcomes = run.intent = None
    if run.error is not None and _waits_for_others(run):
        state.to_cancel.append(run)
    else:
        run.wait = None


def _waits_for_others(run: Run) -> bool:
    return run.wait is not None and "children" in run.wait


def _too_many(state: State, run: Run, count: int) -> None:
    limit = state.limits.items
    error = ItemLimitError(f"{count} items from one node run: the limit is {limit}")
    run.status = "failed"
    run.error = {"code": error.code, "message": error.message, "node": run.node.name}
    fail(state, run, run.error)


def fail(state: State, run: Run, error: dict[str, object]) -> None:
    """Let a failure leave its node: the next `core.try` around it catches it, or the execution fails."""
    todo: Todo = []
    scopes.throw(state, run.frame, run.node, error, todo)
    propagate(state, todo)


def _started(state: State, run: Run, entry: Started) -> None:
    run.status = "running"
    run.attempt = entry.attempt
    run.started_at = run.started_at or entry.at
    run.pinned_at = run.pinned_at or entry.at
    run.intent = run.intent if run.intent is not None else entry.request
    run.retry_at = run.decided = None
    state.open[run] = run


def _item_done(_: State, run: Run, entry: ItemDone) -> None:
    if run.outcomes is None:
        run.outcomes = {}
    run.outcomes[entry.item] = entry.outputs
    if entry.error is not None and run.denied is None:
        run.denied = entry.error


def _logged(state: State, run: Run, entry: Logged) -> None:
    state.said += sum(len(text) for _, text in entry.lines)
    run.logs = [*run.logs, *((entry.attempt, at, text) for at, text in entry.lines)]


def _failed(state: State, run: Run, entry: Failed) -> None:
    run.attempt = entry.attempt
    run.error = entry.error
    run.started_at = run.started_at or entry.started
    if entry.retry_at is not None:
        run.status = "waiting"
        run.retry_at = entry.retry_at
        run.wait = None
        state.open[run] = run
        return
    run.status = "failed"
    run.ended_at = entry.ended
    run.retry_at = None
    state.open.pop(run, None)
    if _waits_for_others(run):
        state.to_cancel.append(run)
    fail(state, run, entry.error)


def _waiting(state: State, run: Run, entry: Waiting) -> None:
    run.status = "waiting"
    run.attempt = entry.attempt
    run.wait = entry.wait
    run.retry_at = None
    run.started_at = run.started_at or entry.started
    state.open[run] = run


def _stopped(state: State, run: Run, entry: Stopped) -> None:
    run.status = "succeeded"
    run.started_at = run.started_at or entry.started
    run.ended_at = entry.at
    state.open.pop(run, None)
    state.stopped = True
    scopes.cancel_all(state)


def _resolved(state: State, run: Run, entry: Resolved) -> None:
    # That it came into doubt stands in no journal: there it still runs.
    if run.status not in ("in-doubt", "running"):
        return
    open_items = run.undecided()
    items = open_items if entry.item is None else [entry.item]
    if not set(items) <= set(open_items):
        return
    if entry.outcome == "done":
        # What came of several together stands at the first of them.
        done = {item: {} if at else entry.outputs for at, item in enumerate(items)}
        run.outcomes = {**(run.outcomes or {}), **done}
    else:
        run.decided = {**(run.decided or {}), **dict.fromkeys(items, entry.outcome)}
    if len(items) == len(open_items):
        _settle_doubt(state, run, entry.at)


def _settle_doubt(state: State, run: Run, at: float) -> None:
    """Go on with a node run of which every item is known or decided: end it, or try again what was not done."""
    decided, run.decided = run.decided or {}, None
    moment = run.started_at or at
    if "fail" in decided.values():
        run.denied = {
            "code": "resolved-as-failed",
            "message": "a person decided that it failed",
            "node": run.node.name,
        }
        if getattr(run.node.definition, "on_error", "stop") == "stop":
            _failed(state, run, Failed(*run.key, run.attempt, moment, at, run.denied))
            return
        failed = {item: run.denied for item, how in decided.items() if how == "fail"}
        run.outcomes = {**(run.outcomes or {}), **error_outcomes(run, failed)}
    if "not-done" in decided.values():
        run.attempt = max(run.attempt - 1, 0)  # what did not happen does not count
        run.status = "ready"
        state.open.pop(run, None)
        state.ready.append(run)
        return
    outputs = merged_outcomes(run.outcomes or {})
    finish(state, run, Finished(*run.key, run.attempt, moment, at, outputs))


def error_outcomes(
    run: Run, failed: Mapping[int, dict[str, Any]]
) -> dict[int, dict[str, list[Item]]]:
    """Return what failed items of a node run come to: error items, by the port that its `onError` says."""
    policy = getattr(run.node.definition, "on_error", "stop")
    port = ERROR_PORT if policy == "branch" else run.node.type.outputs[0]
    items = run.items_of()
    outcomes: dict[int, dict[str, list[Item]]] = {}
    for index, error in failed.items():
        given = {"item": items[index].json} if index < len(items) else {}
        outcomes[index] = {port: [Item({"error": error, **given}, None, index)]}
    return outcomes


def merged_outcomes(outcomes: dict[int, dict[str, list[Item]]]) -> dict[str, list[Item]]:
    """Return the outputs of a node run from what its items came to, in the order of the items."""
    merged: dict[str, list[Item]] = {}
    for index in sorted(outcomes):
        for port, items in outcomes[index].items():
            merged.setdefault(port, []).extend(items)
    return merged


def _cancel(state: State, entry: Cancelled) -> State:
    if not state.is_over:
        if entry.error is not None:
            state.error = entry.error
        else:
            state.cancelled = entry.reason
        scopes.cancel_all(state)
    return state


_OTHERS: dict[type, Callable[[State, Run, Any], None]] = {
    Started: _started,
    ItemDone: _item_done,
    Logged: _logged,
    Failed: _failed,
    Waiting: _waiting,
    Stopped: _stopped,
    Resolved: _resolved,
}

__all__ = ["apply", "begin", "error_outcomes", "fail", "finish", "merged_outcomes"]
