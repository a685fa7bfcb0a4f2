"""Waiting for an execution, and telling how it goes meanwhile."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from alur import output
from alur.client import BrokenError, UnreachableError
from alur.output import milliseconds, note, write
from alur.session import Session

ENDED = frozenset({"succeeded", "failed", "cancelled", "in-doubt"})
"""`in-doubt` rests until a person resolves it: waiting longer is of no use."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_LONGEST_ASK = 30
_KEY = "Idempotency-Key"
_OUT_OF_REACH_SECONDS = 15.0


class Watcher(Protocol):
    """Sees an execution each time it is looked at."""

    def __call__(self, shown: dict[str, Any]) -> None: ...


def start_and_wait(
    session: Session, path: str, body: dict[str, Any], headers: dict[str, str], timeout: float
) -> dict[str, Any]:
    """Start an execution and return it as it is at its end, or when the time is over."""
    deadline = time.monotonic() + timeout
    shown = _start(session, path, body, {_KEY: os.urandom(16).hex()} | headers, deadline)
    if shown.get("status") in ENDED:
        return shown
    return wait_for_end(session, shown["id"], deadline - time.monotonic())


def _start(
    session: Session, path: str, body: dict[str, Any], headers: dict[str, str], deadline: float
) -> dict[str, Any]:
    """Ask for the execution until its server answers, which may die meanwhile: by its key it is one and the same."""
    broken_since: float | None = None
    while True:
        left = max(deadline - time.monotonic(), 0)
        first = 0 if output.is_terminal(sys.stderr) else round(min(left, _LONGEST_ASK))
        query = {"wait": first} if first else None
        try:
            shown: dict[str, Any] = session.call(
                "POST", path, body, headers=headers, query=query, timeout=first + 30
            ).json
        except UnreachableError as error:
            if broken_since is None and not isinstance(error, BrokenError):
                raise  # nothing was asked yet
            now = time.monotonic()
            broken_since = broken_since or now
            if now - broken_since > _OUT_OF_REACH_SECONDS or now > deadline:
                again = f"it may run all the same, and `--idempotency-key {headers[_KEY]}` asks for the same one"
                raise BrokenError(f"{error.message}; {again}") from error
            time.sleep(_LONGEST_PAUSE)
        else:
            return shown


def wait_for_end(session: Session, execution: str, timeout: float) -> dict[str, Any]:
    """Look until the execution has ended or the time is over; on a terminal, show what runs.

    A server that is out of reach for a moment is asked again: it may be restarting.
    """
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    with _progress(execution) as watcher:
        while True:
            shown = _look(session, execution, deadline)
            watcher(shown)
            left = deadline - time.monotonic()
            if shown["status"] in ENDED or left <= 0:
                return shown
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def follow_events(session: Session, execution: str) -> Iterator[tuple[str, Any]]:
    """Yield the live events of an execution until its end, over broken connections too."""
    path = f"/api/v1{session.path('executions', execution, 'events')}"
    broken_since: float | None = None
    while True:
        try:
            for kind, data in session.client.follow(path):
                broken_since = None
                yield kind, data
                if kind == "execution" and data.get("status") in ENDED:
                    return
        except UnreachableError:
            broken_since = broken_since or time.monotonic()
            if time.monotonic() - broken_since > _OUT_OF_REACH_SECONDS:
                raise
        time.sleep(_LONGEST_PAUSE)


def tell_end(shown: dict[str, Any]) -> None:
    """Print how an execution ended, and what to do about it."""
    status, error = shown["status"], shown.get("error") or {}
    duration = milliseconds(shown.get("durationMs"))
    took = f" in {duration}" if duration != "-" else ""
    write(f"execution/{shown['id']} {status}{took}")
    if error:
        where = f" at {error['node']!r}" if error.get("node") else ""
        note(output.clean(f"error{where}: {output.failure(error)}"))
    if shown.get("reason"):
        note(output.clean(f"reason: {shown['reason']}"))
    if status == "in-doubt":
        note(
            "a crash left unknown whether an outside effect happened: look there, then "
            f"`alur resolve {shown['id']} --node NAME --outcome done|not-done|fail`"
        )
    if status not in ENDED:
        note(f"still {status}; `alur logs {shown['id']} -f` follows it")


def _look(session: Session, execution: str, deadline: float) -> dict[str, Any]:
    broken_since = time.monotonic()
    while True:
        try:
            shown: dict[str, Any] = session.call("GET", session.path("executions", execution)).json
        except UnreachableError:
            now = time.monotonic()
            if now - broken_since > _OUT_OF_REACH_SECONDS or now > deadline:
                raise
            time.sleep(_LONGEST_PAUSE)
        else:
            return shown


@contextmanager
def _progress(execution: str) -> Iterator[Watcher]:
    """Yield what shows the state on a terminal, and nothing elsewhere."""
    if not output.is_terminal(sys.stderr):
        yield lambda _: None
        return
    with output.console(sys.stderr).status(f"execution {execution} …") as line:

        def show(shown: dict[str, Any]) -> None:
            nodes = shown.get("nodes", ())
            running = [n["name"] for n in nodes if n["status"] in {"running", "waiting"}]
            done = sum(n["status"] in {"succeeded", "skipped"} for n in nodes)
            at = f" at {', '.join(running[:3])}" if running else ""
            line.update(output.clean(f"{shown['status']}{at} ({done} done)"))

        yield show
