"""`plan`: what is to be done now. Deterministic and free of I/O; the executor obeys."""

from __future__ import annotations

from typing import Any, NamedTuple

from alur_engine.graph import Graph
from alur_engine.journal import JournalEntry
from alur_engine.state import Run, State
from alur_sdk.items import Item
from alur_sdk.nodes import Effect


class Start(NamedTuple):
    """Run this node."""

    run: Run


class Cancel(NamedTuple):
    """Stop this node run and what it began; what it answers no longer counts. Planned again after a crash."""

    run: Run


class Wake(NamedTuple):
    """The time that this node run waited for has come."""

    run: Run


class Expire(NamedTuple):
    """This node run has waited for longer than its node allows."""

    run: Run


class Suspend(NamedTuple):
    """Nothing can go on before `at`, or before a message comes when it is None."""

    at: float | None


class Rest(NamedTuple):
    """Node runs are in doubt: a person decides."""

    runs: tuple[Run, ...]


class End(NamedTuple):
    """The execution is over."""

    status: str
    error: dict[str, Any] | None
    reason: str | None


Command = Start | Cancel | Wake | Expire | Suspend | Rest | End


def plan(state: State, now: float) -> list[Command]:
    """Return what is to be done at this time, in order. Starting a node is planned once."""
    commands: list[Command] = []
    if state.to_cancel:
        commands += [Cancel(run) for run in state.to_cancel]
        state.to_cancel.clear()
    if state.is_over:
        commands.append(_end(state))
        return commands
    if state.open:
        _take_due(state, now, commands)
    ready = state.ready
    while ready:
        run = ready.popleft()
        if run.status == "ready":
            run.status = "running"
            state.open[run] = run
            commands.append(Start(run))
    if not commands:
        _when_idle(state, commands)
    return commands


def _take_due(state: State, now: float, commands: list[Command]) -> None:
    for run in list(state.open):
        if run.status != "waiting":
            continue
        due = wakes_at(run)
        if due is None or due > now:
            continue
        if run.retry_at is not None:
            run.retry_at = None
            run.status = "ready"
            state.ready.append(run)
        else:
            commands.append(Wake(run) if (run.wait or {}).get("until") == due else Expire(run))


def _when_idle(state: State, commands: list[Command]) -> None:
    open_runs = state.open.values()
    if any(run.status == "running" for run in open_runs):
        return
    waiting = [run for run in open_runs if run.status == "waiting"]
    doubtful = tuple(run for run in open_runs if run.status == "in-doubt")
    if doubtful:
        commands.append(Rest(doubtful))
    elif waiting:
        times = [t for run in waiting if (t := wakes_at(run)) is not None]
        commands.append(Suspend(min(times, default=None)))
    else:
        commands.append(_end(state))


def wakes_at(run: Run) -> float | None:
    """Return when a waiting node run goes on by itself: its next attempt, the end of its wait, or of its node's time."""
    if run.retry_at is not None:
        return run.retry_at
    times = [run.wait[name] for name in ("until", "limit") if name in run.wait] if run.wait else []
    return min(times, default=None)


def _end(state: State) -> End:
    if state.error is not None:
        return End("failed", state.error, None)
    if state.cancelled is not None:
        return End("cancelled", None, state.cancelled)
    return End("succeeded", None, None)


def recover(state: State) -> None:
    """Take over after a crash: what was running is ready again, or in doubt when its effect may have happened and asks.

    The attempt that was cut off does not count.
    """
    mark_doubts(state)
    for run in list(state.open.values()):
        if run.status == "running":
            state.open.pop(run, None)
            run.attempt = max(run.attempt - 1, 0)
            run.status = "ready"
            state.ready.append(run)


def mark_doubts(state: State) -> None:
    """Mark what was running when its process died and of which a person says what became of it."""
    for run in state.open.values():
        mark_doubt(run)


def mark_doubt(run: Run) -> None:
    """Mark a node run that was cut off, when a person says what became of it."""
    if run.status == "running" and asks_in_doubt(run):
        run.status = "in-doubt"


def asks_in_doubt(run: Run) -> bool:
    """Return whether a person decides about this run after a crash between its intent and its result.

    Nobody has to where all of its items came to something that is known.
    """
    if run.node.effect is not Effect.WRITE or not run.undecided():
        return False
    policy = getattr(run.node.definition, "in_doubt", None)
    return policy == "ask" if policy is not None else not run.node.type.repeatable


def outputs_of(graph: Graph, state: State) -> list[Item]:
    """Return the output of an execution: what nodes without any edge out emitted, in the order they are listed."""
    return [
        item
        for index in graph.leaves
        for frame in state.frames.values()
        if (run := frame.runs.get(index)) is not None and run.status in ("succeeded", "failed")
        for items in run.outputs.values()
        for item in items
    ]


__all__ = [
    "Cancel",
    "Command",
    "End",
    "JournalEntry",
    "Rest",
    "Start",
    "Suspend",
    "Wake",
    "mark_doubt",
    "mark_doubts",
    "outputs_of",
    "plan",
    "recover",
    "wakes_at",
]
