"""`alur run`, `alur logs`, and what can be done to an execution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from alur import output
from alur.following import ENDED, follow_events, start_and_wait, tell_end, wait_for_end
from alur.options import (
    DryRun,
    Output,
    Project,
    connect,
    json_argument,
    read_file,
    read_json,
    seconds,
)
from alur.output import Format, milliseconds, write
from alur.session import Session
from alur_sdk.errors import InvalidError

Execution = Annotated[str, typer.Argument(metavar="EXECUTION", help="Its id.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for its end; 1 unless it succeeded.")]
Data = Annotated[
    str | None, typer.Option("--data", "-d", help="Input: a JSON object, or a list of them.")
]
DataFile = Annotated[
    str | None, typer.Option("--file", "-f", help="Input from a JSON file, - for standard input.")
]
Timeout = Annotated[str, typer.Option(help="How long to wait: 60s, 5m, 2h.")]
_DEFAULT_TIMEOUT = "5m"


class Outcome(StrEnum):
    """What a person found out about an effect in doubt."""

    DONE = "done"
    NOT_DONE = "not-done"
    FAIL = "fail"


def run(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="The workflow.")],
    source: Annotated[
        str | None, typer.Argument(metavar="[-]", help="-: input from standard input.")
    ] = None,
    data: Data = None,
    file: DataFile = None,
    start: Annotated[str | None, typer.Option(help="The trigger or node to start at.")] = None,
    version: Annotated[
        int | None, typer.Option(help="A version other than the active one.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--idempotency-key", help="The same key again is the same execution."),
    ] = None,
    wait: Wait = False,
    timeout: Timeout = _DEFAULT_TIMEOUT,
    project: Project = None,
    dry_run: DryRun = False,
    form: Output = Format.TABLE,
) -> None:
    """Run a workflow; without input, on its trigger's example, else on one empty item."""
    items = _items(data, _file(source, file))
    asked = {"input": items, "start": start, "version": version}
    body = {field: value for field, value in asked.items() if value is not None}
    patience = seconds(timeout)
    session = connect(context, project)
    path = session.path("workflows", name, "executions")
    if dry_run:
        session.call("GET", session.path("workflows", name))
        given = "no input" if items is None else f"{len(items)} items"
        write(f"workflow.alur.dev/{name} would run with {given} (dry run)")
        return
    headers = {"Idempotency-Key": key} if key else {}
    if wait:
        _finish(start_and_wait(session, path, body, headers, patience), form)
    else:
        _started(session.call("POST", path, body, headers=headers).json, form)


def logs(
    context: typer.Context,
    *,
    execution: Execution,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until its end.")] = False,
    node: Annotated[
        str | None, typer.Option(help="What went into and came out of this node, as JSON.")
    ] = None,
    project: Project = None,
    form: Output = Format.TABLE,
) -> None:
    """Tell what the nodes of an execution did, and what their code wrote."""
    session = connect(context, project)
    if node is not None:
        runs = _runs(session, session.path("executions", execution, "nodes", node))
        output.data(runs, form if form is Format.YAML else Format.JSON)
        return
    if not follow:
        shown = session.call("GET", session.path("executions", execution)).json
        if form is not Format.TABLE:
            output.data(shown["nodes"], form)
            return
        said = _Said(session, execution)
        for run in shown["nodes"]:
            _tell_node(run)
            said.tell(run)
        tell_end(shown)
        return
    said = _Said(session, execution)
    for line in _changes(session, execution):
        _tell_change(line, form, said)


def cancel(
    context: typer.Context,
    *,
    execution: Execution,
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Cancel an execution."""
    session = connect(context, project)
    _act(session, execution, "cancel", {}, dry_run=dry_run)
    write(f"execution/{execution} cancelled{_mark(dry_run)}")


def replay(
    context: typer.Context,
    *,
    execution: Execution,
    wait: Wait = False,
    timeout: Timeout = _DEFAULT_TIMEOUT,
    project: Project = None,
    dry_run: DryRun = False,
    form: Output = Format.TABLE,
) -> None:
    """Run an execution's input again, as a new execution."""
    patience = seconds(timeout)
    session = connect(context, project)
    shown = _act(session, execution, "replay", {}, dry_run=dry_run)
    if dry_run:
        write(f"execution/{execution} would run again (dry run)")
    elif wait:
        _finish(wait_for_end(session, shown["id"], patience), form)
    else:
        _started(shown, form)


def signal(
    context: typer.Context,
    *,
    execution: Execution,
    name: Annotated[str, typer.Argument(help="The signal that the workflow waits for.")],
    data: Annotated[
        str | None, typer.Option("--data", "-d", help="Its payload, a JSON object.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-f", help="Payload from a file or -.")
    ] = None,
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Send a signal to an execution that waits for it."""
    payload = _input(data, file)
    session = connect(context, project)
    body = {"name": name} if payload is None else {"name": name, "payload": payload}
    _act(session, execution, "signal", body, dry_run=dry_run)
    write(f"execution/{execution} signalled {name!r}{_mark(dry_run)}")


def resolve(
    context: typer.Context,
    *,
    execution: Execution,
    node: Annotated[str, typer.Option(help="The node in doubt.")],
    outcome: Annotated[Outcome, typer.Option(help="What happened outside.")],
    path: Annotated[str | None, typer.Option(help="The run path, in a loop.")] = None,
    item: Annotated[int | None, typer.Option(help="The item; without it, all in doubt.")] = None,
    result: Annotated[
        str | None, typer.Option("--result", help="With `done`: what the node emits, as JSON.")
    ] = None,
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Say whether an effect in doubt happened, so that its execution can go on."""
    value = None if result is None else json_argument(result, "--result")
    body = {"node": node, "path": path, "item": item, "outcome": outcome.value, "output": value}
    session = connect(context, project)
    given = {field: found for field, found in body.items() if found is not None}
    _act(session, execution, "resolve", given, dry_run=dry_run)
    write(f"execution/{execution} resolved: {node!r} {outcome.value}{_mark(dry_run)}")


def _act(
    session: Session, execution: str, verb: str, body: dict[str, Any], *, dry_run: bool
) -> dict[str, Any]:
    path = session.path("executions", execution)
    answer = session.call("GET", path) if dry_run else session.call("POST", f"{path}:{verb}", body)
    found: dict[str, Any] = answer.json or {}
    return found


def _items(data: str | None, file: str | None) -> list[Any] | None:
    given = _input(data, file)
    if given is None:
        return None
    items = given if isinstance(given, list) else [given]
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            message = f"input[{index}] is no JSON object: the input is one, or a list of them"
            raise InvalidError(message) if data is None else typer.BadParameter(message)
    return items


def _file(source: str | None, file: str | None) -> str | None:
    """Return the file to read: `-` stands for standard input, with `--file` and without."""
    if source is None:
        return file
    if source != "-" or file is not None:
        raise typer.BadParameter(
            f"{source!r} is too much: after the name stands nothing, or `-` for standard input"
        )
    return source


def _input(data: str | None, file: str | None) -> object:
    if data is not None and file is not None:
        raise typer.BadParameter("give --data, or --file (or -), not both")
    if data is not None:
        return json_argument(data, "--data")
    return None if file is None else read_json(read_file(file), file)


def _started(shown: dict[str, Any], form: Format) -> None:
    if form is Format.TABLE:
        write(f"execution/{shown['id']} {shown.get('status', 'queued')}")
    else:
        output.data(shown, form)


def _finish(shown: dict[str, Any], form: Format) -> None:
    """Print the end; what did not succeed, or not in time, is a failure of the command."""
    if form is Format.TABLE:
        for node in shown.get("nodes", ()):
            _tell_node(node)
        tell_end(shown)
        if shown.get("output"):
            output.data(shown["output"], Format.JSON)
    else:
        output.data(shown, form)
    if shown["status"] != "succeeded":
        raise typer.Exit(1)


def _runs(session: Session, path: str) -> list[dict[str, Any]]:
    """Return the runs of a node with all their items: one that goes on in the next page is one run all the same."""
    runs: list[dict[str, Any]] = []
    query = {"limit": "500"}
    while True:
        page = session.call("GET", path, query=query).json
        for run in page["runs"]:
            if not runs or runs[-1]["path"] != run["path"]:
                runs.append(run)
                continue
            for side in ("input", "output"):
                for port, items in run[side].items():
                    runs[-1][side].setdefault(port, []).extend(items)
        if not page["nextCursor"]:
            return runs
        query["cursor"] = page["nextCursor"]


def _changes(session: Session, execution: str) -> Any:  # noqa: ANN401  # see `follow_events`
    """Yield what is new: a snapshot repeats what was told before."""
    told: dict[tuple[object, ...], object] = {}
    for kind, data in follow_events(session, execution):
        if kind == "heartbeat" or not isinstance(data, dict):
            continue
        key = (kind, data.get("name"), data.get("path") or "")
        state = (data.get("status"), data.get("attempts"))
        if told.get(key) != state:
            told[key] = state
            # A change of the execution says only what changed.
            yield kind, {"id": execution, **data} if kind == "execution" else data


class _Said:
    """Prints what node runs wrote, each line once."""

    def __init__(self, session: Session, execution: str) -> None:
        self._session = session
        self._path = session.path("executions", execution, "logs")
        self._told: Counter[str] = Counter()

    def tell(self, node: dict[str, Any]) -> None:
        """Print what is new of the lines of a node; `node` is its row, or one of its runs."""
        name = node["name"]
        if not node.get("logs"):
            return
        seen: Counter[str] = Counter()
        for line in self._lines(name):
            path = f"{name} {line['path']}".rstrip()
            seen[path] += 1
            if seen[path] > self._told[path]:
                write(output.clean(f"{line['at'][11:23]:<12}  {path:<24}  | {line['text']}"))
        self._told.update(seen - self._told)

    def _lines(self, node: str) -> Iterator[dict[str, Any]]:
        query = {"node": node, "limit": "500"}
        while True:
            found = self._session.call("GET", self._path, query=query).json
            yield from found["items"]
            if not found["nextCursor"]:
                return
            query["cursor"] = found["nextCursor"]


def _tell_change(change: tuple[str, dict[str, Any]], form: Format, said: _Said) -> None:
    kind, data = change
    if form is not Format.TABLE:
        import json  # noqa: PLC0415  # one object a line, as programs that follow want it

        write(json.dumps({"type": kind, "data": data}, ensure_ascii=False))
    elif kind == "node":
        _tell_node(data)
        said.tell(data)
    elif kind == "execution" and data.get("status") in ENDED:
        tell_end(data)


def _tell_node(node: dict[str, Any]) -> None:
    name = f"{node['name']} {node['path']}" if node.get("path") else str(node["name"])
    began = str(node.get("startedAt") or "")[11:23]
    items = node.get("items")
    count = "" if items is None else f"{items} item{'' if items == 1 else 's'}"
    turns = f"{node['runs']} runs" if node.get("runs") else ""
    tries = f"attempt {node['attempts']}" if (node.get("attempts") or 1) > 1 else ""
    took = milliseconds(node["durationMs"]) if node.get("durationMs") is not None else ""
    error = output.failure(node.get("error") or {})
    rest = "  ".join(filter(None, [turns, count, took, tries, error]))
    write(output.clean(f"{began:<12}  {name:<24}  {node['status']:<10}  {rest}").rstrip())


def _mark(dry_run: bool) -> str:  # what the flag says
    return " (dry run)" if dry_run else ""
