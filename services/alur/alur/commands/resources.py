"""`alur get`, `alur describe` and `alur delete`."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from alur import output
from alur.client import RefusedError
from alur.describe import describe_one
from alur.files import read_sources
from alur.kinds import Kind, kind_named
from alur.options import DryRun, Output, Project, connect
from alur.output import Format, note, write
from alur.session import Session
from alur_sdk.errors import NotFoundError

KindName = Annotated[
    str, typer.Argument(metavar="KIND", help="workflows, executions, nodes, credentials, …")
]
_LIST_LIMIT = 500


def get(
    context: typer.Context,
    *,
    kind_name: KindName,
    name: Annotated[str | None, typer.Argument(help="One of them.")] = None,
    project: Project = None,
    form: Output = Format.TABLE,
    workflow: Annotated[str | None, typer.Option(help="Executions of this workflow.")] = None,
    status: Annotated[str | None, typer.Option(help="Executions with this status.")] = None,
    since: Annotated[str | None, typer.Option(help="Executions since this RFC 3339 time.")] = None,
    event_kind: Annotated[
        str | None, typer.Option("--kind", help="Security events of this kind.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="List at most so many.")] = _LIST_LIMIT,
) -> None:
    """List things, or show one."""
    kind = kind_named(kind_name)
    session = connect(context, project)
    if name is not None:
        _show(kind, [find_one(session, kind, name)], form, single=True)
        return
    query = {"workflow": workflow, "status": status, "since": since, "kind": event_kind}
    asked = {key: value for key, value in query.items() if value is not None}
    found = list(session.pages(collection(session, kind), asked, limit))
    if workflow is not None and not found:
        # A name that nothing bears is a mistake; executions of a deleted workflow are found above.
        session.call("GET", address(session, kind_named("workflows"), workflow))
    _show(kind, found, form, single=False)


def describe(
    context: typer.Context,
    *,
    kind_name: KindName,
    name: Annotated[str, typer.Argument(help="Which one.")],
    project: Project = None,
) -> None:
    """Tell about one thing, for people."""
    kind = kind_named(kind_name)
    session = connect(context, project)
    describe_one(session, kind, find_one(session, kind, name))


def delete(
    context: typer.Context,
    *,
    kind_name: Annotated[str | None, typer.Argument(metavar="KIND")] = None,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…")] = None,
    files: Annotated[
        list[str] | None, typer.Option("--file", "-f", help="Delete the workflows of these files.")
    ] = None,
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Delete things by name, or workflows by their files."""
    if bool(files) == bool(kind_name):
        raise typer.BadParameter("name a kind and what to delete, or files with -f")
    session = connect(context, project)
    if not dry_run:
        session.check_meant()
    if files:
        kind = kind_named("workflows")
        wanted = [(source.name or "", source.project) for source in read_sources(files)]
        _delete_each(session, kind, wanted, dry_run=dry_run)
        return
    if not names:
        raise typer.BadParameter(f"say which of the {kind_name} to delete")
    kind = kind_named(kind_name or "")
    if not kind.can_delete:
        raise typer.BadParameter(f"{kind.name} are not deleted by hand")
    _delete_each(session, kind, [(name, project) for name in names], dry_run=dry_run)


def collection(session: Session, kind: Kind, project: str | None = None) -> str:
    """Return the path of all things of a kind."""
    return session.path(kind.path, project=project) if kind.in_project else f"/{kind.path}"


def find_one(session: Session, kind: Kind, name: str) -> dict[str, Any]:
    """Return one thing by its name or id. Raises `NotFoundError`."""
    if kind.can_get:
        found: dict[str, Any] = session.call("GET", address(session, kind, name)).json
        return found
    for shown in session.pages(collection(session, kind), {}, None):
        if kind.key_of(shown) == name:
            return shown
    raise NotFoundError(f"there is no {kind.singular} {name!r}")


def address(session: Session, kind: Kind, name: str, project: str | None = None) -> str:
    """Return the path of one thing, whatever its name holds."""
    return f"{collection(session, kind, project)}/{quote(name, safe='')}"


def _show(kind: Kind, found: list[dict[str, Any]], form: Format, *, single: bool) -> None:
    if form is not Format.TABLE:
        output.data(found[0] if single else {"items": found}, form)
        return
    columns = [title for title, _ in kind.columns]
    rows = [[get_value(shown) for _, get_value in kind.columns] for shown in found]
    output.table(columns, rows, f"no {kind.name} found")


def _delete_each(
    session: Session, kind: Kind, wanted: list[tuple[str, str | None]], *, dry_run: bool
) -> None:
    """Delete what is named, with its project; what is refused, as it is gone, keeps none of the others."""
    failed = 0
    for name, project in wanted:
        try:
            _delete(session, kind, name, project, dry_run=dry_run)
        except RefusedError as error:
            if len(wanted) == 1:
                raise
            failed += 1
            note(output.clean(f"{kind.singular} {name}: {error.message}"))
    if failed:
        note(f"{failed} of {len(wanted)} not deleted")
        raise typer.Exit(1)


def _delete(session: Session, kind: Kind, name: str, project: str | None, *, dry_run: bool) -> None:
    where = address(session, kind, name, project)
    headers = {}
    if kind.needs_etag or dry_run:
        known = session.call("GET", where) if kind.can_get else None
        headers = {"If-Match": known.etag or "*"} if known and kind.needs_etag else {}
    if not dry_run:
        session.call("DELETE", where, headers=headers)
    group = "workflow.alur.dev" if kind.name == "workflows" else kind.singular
    write(f"{group}/{name} deleted{' (dry run)' if dry_run else ''}")
