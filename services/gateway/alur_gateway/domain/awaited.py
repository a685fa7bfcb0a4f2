"""What an execution rests for: what its node runs wait for, and what a person has to decide."""

from __future__ import annotations

from typing import Any

from alur_engine.planning import wakes_at
from alur_engine.state import Run, State
from alur_sdk.instants import rfc3339


def waits_of(state: State) -> list[dict[str, Any]]:
    """Return `{node, path, signal?, until?, children?, pool?}` for each node run that waits.

    `until` is when it goes on by itself: when its time, its next attempt or its time-out comes.
    """
    return [_wait(run) for run in state.open if run.status == "waiting"]


def doubts_of(state: State) -> list[dict[str, Any]]:
    """Return `{node, path, items}` for each node run in doubt: the numbers of the items that nobody has decided."""
    return [
        _place(run) | {"items": run.undecided()} for run in state.open if run.status == "in-doubt"
    ]


def _wait(run: Run) -> dict[str, Any]:
    wait = run.wait or {}
    told = {
        "signal": wait.get("signal"),
        "until": rfc3339(wakes_at(run)),
        "children": wait.get("children"),
        "pool": wait.get("pool"),
    }
    return _place(run) | {name: value for name, value in told.items() if value is not None}


def _place(run: Run) -> dict[str, Any]:
    return {"node": run.node.name, "path": run.frame.path}
