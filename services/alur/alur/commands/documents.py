"""`alur apply` and `alur validate`: workflow documents in."""

from __future__ import annotations

from typing import Annotated, Any, cast
from urllib.parse import quote

import typer

from alur import output
from alur.client import Answer, RefusedError
from alur.commands.resources import find_one
from alur.describe import lacking
from alur.files import Source, problem_lines, read_sources
from alur.kinds import kind_named
from alur.options import DryRun, Output, Project, connect
from alur.output import Format, note, write
from alur.session import DEFAULT_PROJECT, Session
from alur_sdk.errors import Problem

Files = Annotated[
    list[str], typer.Option("--file", "-f", help="A file, a folder, or - for standard input.")
]
_STALE = 412
_NOT_FOUND = 404
_CREATED = 201


def apply(
    context: typer.Context,
    *,
    files: Files,
    project: Project = None,
    dry_run: DryRun = False,
    form: Output = Format.TABLE,
) -> None:
    """Create or change workflows as the files say."""
    sources = read_sources(files)
    session = connect(context, project)
    if not dry_run:
        session.check_meant()
    failed, shown = 0, []
    for source in sources:
        try:
            verb, answer = _apply(session, source, project, dry_run=dry_run)
        except RefusedError as error:
            failed += 1
            _tell_problems(source, error.problems, error.message)
            continue
        shown.append(answer)
        if form is Format.TABLE:
            _tell_applied(source, verb, answer, dry_run=dry_run)
    if form is not Format.TABLE:
        output.data(shown[0] if len(sources) == 1 and shown else shown, form)
    if failed:
        note(f"{failed} of {len(sources)} not applied")
        raise typer.Exit(1)


def validate(files: Files, form: Output = Format.TABLE) -> None:
    """Check workflow files on this machine, without a server."""
    from alur_common.catalogue import load_catalogue  # noqa: PLC0415  # the engine, for this command alone
    from alur_engine.catalogue import Catalogue  # noqa: PLC0415  # as above
    from alur_engine.validation import validate_document  # noqa: PLC0415  # as above

    sources = read_sources(files)
    catalogue = Catalogue.from_json(load_catalogue())
    found = [(source, validate_document(source.document, catalogue)[1]) for source in sources]
    if form is Format.TABLE:
        for source, problems in found:
            for line in problem_lines(source, problems):
                note(line)
            if not problems:
                write(f"{source.place}: {source.name} is valid")
                for line in problem_lines(source, _warnings(source)):
                    note(f"warning: {output.clean(line)}")
    else:
        output.data([_verdict(source, problems) for source, problems in found], form)
    if any(problems for _, problems in found):
        raise typer.Exit(1)


def export(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which workflow.")],
    *,
    project: Project = None,
    form: Output = Format.YAML,
) -> None:
    """Print a workflow as the document that was applied, as `alur apply` and `kubectl apply` take it."""
    from alur_engine.validation.document_check import without_server_owned  # noqa: PLC0415  # as above

    found = find_one(connect(context, project), kind_named("workflows"), name)
    output.data(without_server_owned(found), Format.YAML if form is Format.TABLE else form)


def _apply(
    session: Session, source: Source, project: str | None, *, dry_run: bool
) -> tuple[str, dict[str, Any]]:
    """Put one document; return what became of it and how the server shows it."""
    _check_address(source, project)
    where = source.project or session.project
    path = f"/projects/{quote(where, safe='')}/workflows/{quote(source.name or '', safe='')}"
    for attempt in (1, 2):
        known = _find(session, path)
        makes_project = known is None and _is_missing(session, where)
        precondition = {"If-None-Match": "*"} if known is None else {"If-Match": known.etag or "*"}
        query = {"dryRun": "true" if dry_run else None}
        try:
            answer = session.call("PUT", path, source.document, headers=precondition, query=query)
        except RefusedError as error:
            # Somebody changed it between the two requests: look again, once.
            if error.status != _STALE or attempt > 1:
                raise
            continue
        if makes_project:
            note(
                f"project/{where} {'would be ' if dry_run else ''}created: it was not there before"
            )
        return _verb(known, answer), answer.json or {}
    raise AssertionError("unreachable: the second attempt returns or raises")


def _find(session: Session, path: str) -> Answer | None:
    try:
        return session.call("GET", path)
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return None


def _is_missing(session: Session, project: str) -> bool:
    """Return whether the project is still to be made; the default one always is there."""
    path = f"/projects/{quote(project, safe='')}"
    return project != DEFAULT_PROJECT and _find(session, path) is None


def _verb(known: Answer | None, answer: Answer) -> str:
    if known is None:
        return "created"
    return "unchanged" if known.etag == answer.etag else "configured"


def _check_address(source: Source, project: str | None) -> None:
    """Refuse what has no address: no name, or a project other than the one asked for."""
    if source.name is None:
        problem = Problem("metadata.name", "missing", "a workflow document has a name")
        raise RefusedError(0, "no workflow", (problem,))
    if project and source.project and source.project != project:
        message = f"the document belongs to project {source.project!r}, not {project!r}"
        raise RefusedError(0, message, (Problem("metadata.namespace", "value", message),))


def _tell_applied(source: Source, verb: str, shown: dict[str, Any], *, dry_run: bool) -> None:
    metadata = shown.get("metadata", {})
    project = metadata.get("namespace", DEFAULT_PROJECT)
    place = "" if project == DEFAULT_PROJECT else f" in project {project}"
    write(
        f"workflow.alur.dev/{metadata.get('name')} {verb}{place}{' (dry run)' if dry_run else ''}"
    )
    for trigger in shown.get("status", {}).get("triggers", ()):
        if trigger.get("url") and not dry_run:
            write(f"  {output.clean(str(trigger['name']))}: {trigger['url']}")
    status = shown.get("status", {})
    found = [Problem(w["path"], w["code"], w["message"]) for w in status.get("warnings", ())]
    told = [*problem_lines(source, found), *(message for _, message in lacking(status))]
    for line in told:
        note(f"  warning: {output.clean(line)}")


def _tell_problems(source: Source, problems: tuple[Problem, ...], message: str) -> None:
    for line in problem_lines(source, problems):
        note(output.clean(line))
    if not problems:
        note(f"{source.place}: {output.clean(message)}")


def _verdict(source: Source, problems: list[Problem]) -> dict[str, Any]:
    return {
        "file": source.place,
        "workflow": source.name,
        "valid": not problems,
        "errors": [_told(problem) for problem in problems],
        "warnings": [] if problems else [_told(warning) for warning in _warnings(source)],
    }


def _told(problem: Problem) -> dict[str, str]:
    return {"path": problem.path, "code": problem.code, "message": problem.message}


def _warnings(source: Source) -> list[Problem]:
    """Return what is risky or doubtful in a document that is valid."""
    from alur_engine.validation import find_doubts, find_risks  # noqa: PLC0415  # as in `validate`

    document = cast("dict[str, Any]", source.document)
    return [*find_doubts(document), *find_risks(document)]
