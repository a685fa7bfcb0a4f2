"""`alur credential` and `alur variable`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from alur.commands.resources import address, delete, find_one, get
from alur.kinds import kind_named
from alur.options import DryRun, Output, Project, connect, read_file, read_json
from alur.output import Format, note, write
from alur_sdk.errors import InvalidError

credential_app = typer.Typer(
    help="Sealed secrets that nodes and triggers name.", no_args_is_help=True
)
variable_app = typer.Typer(help="Values that expressions read as $vars.NAME.", no_args_is_help=True)
Domains = Annotated[
    list[str] | None,
    typer.Option(help="Send it to these hosts only; '*': to any. Not given: as before."),
]
NodeTypes = Annotated[
    list[str] | None,
    typer.Option(help="Let these types alone use it; '*': all. Not given: as before."),
]


@credential_app.command("set")
def credential_set(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="Its name.")],
    kind: Annotated[
        str, typer.Option("--type", help="api-key, basic, bearer, hmac, jwt or kafka.")
    ],
    field: Annotated[
        list[str] | None, typer.Option("--field", help="KEY=VALUE, or KEY=@FILE.")
    ] = None,
    rest: Annotated[
        str | None, typer.Argument(metavar="[-]", help="- reads one secret from standard input.")
    ] = None,
    domain: Domains = None,
    node_type: NodeTypes = None,
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Seal a secret under a name, or replace it."""
    fields = _given(kind, field or [], rest)
    session = connect(context, project)
    limits = {"allowedDomains": domain, "allowedNodeTypes": node_type}
    body: dict[str, object] = {"type": kind, "fields": fields}
    body |= {limit: values for limit, values in limits.items() if values}
    if not dry_run:
        kept = session.call("PUT", address(session, kind_named("credentials"), name), body).json
        _tell_other_names(kind, fields, kept)
    write(f"credential/{name} set{' (dry run)' if dry_run else ''}")


def _given(kind: str, field: Sequence[str], rest: str | None) -> dict[str, str]:
    """Return the fields of the options and of standard input, at least one."""
    if rest not in {None, "-"}:
        raise typer.BadParameter(
            f"unexpected {rest!r}; secrets come by --field or, with -, from standard input"
        )
    fields = dict(_field(text) for text in field)
    if rest == "-":
        fields |= _from_standard_input(kind, fields)
    if not fields:
        raise typer.BadParameter("give the secret: --field KEY=VALUE, or - for standard input")
    return fields


def _tell_other_names(kind: str, given: Mapping[str, str], kept: Mapping[str, Any]) -> None:
    """Say under which type and fields it is kept where those are not what was given."""
    there = kept.get("fields", ())
    others = [name for name in given if name not in there and given[name]] if there else []
    if kept.get("type", kind) != kind or others:
        note(f"kept as {kept['type']} with the fields {', '.join(there)}")


_ONLY_SECRET = {
    "bearer": "token",
    "hmac": "secret",
    "api-key": "value",
    "header": "value",
    "basic": "password",
    "jwt": "secret",
}


def _from_standard_input(kind: str, given: dict[str, str]) -> dict[str, str]:
    """Return the fields that standard input holds: a JSON object of them, or the type's one secret as it is."""
    text = sys.stdin.read()
    if text.lstrip().startswith("{"):
        found = read_json(text, "standard input")
        return {str(key): str(value) for key, value in found.items()}
    secret = _ONLY_SECRET.get(kind)
    if secret is None or secret in given:
        raise InvalidError(
            f"say which fields standard input holds: a JSON object of the fields of {kind!r}"
        )
    # Editors and `echo` end a line; the secret is what stands before.
    return {secret: text.removesuffix("\n").removesuffix("\r")}


def _field(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise typer.BadParameter("a field is KEY=VALUE or KEY=@FILE")
    if value.startswith("@"):
        try:
            return key, read_file(value[1:]).decode().removesuffix("\n")
        except UnicodeDecodeError as error:
            raise InvalidError(f"{value[1:]} is not UTF-8 text") from error
    if value == "-":
        raise typer.BadParameter(
            f"{key}=- is no secret: a - of its own at the end reads it from standard input, {key}=@FILE from a file"
        )
    return key, value


@credential_app.command("limit")
def credential_limit(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="Its name.")],
    domain: Domains = None,
    node_type: NodeTypes = None,
    project: Project = None,
) -> None:
    """Change where a secret may go and who may use it; the secret stays."""
    limits = {"allowedDomains": domain, "allowedNodeTypes": node_type}
    body = {limit: values for limit, values in limits.items() if values}
    if not body:
        raise typer.BadParameter("say what changes: --domain HOST, --node-type TYPE, or both")
    session = connect(context, project)
    path = address(session, kind_named("credentials"), name)
    session.call("PATCH", path, body)
    write(f"credential/{name} limited")


@credential_app.command("list")
def credential_list(
    context: typer.Context, *, project: Project = None, form: Output = Format.TABLE
) -> None:
    """List credentials, without their secrets."""
    get(context, kind_name="credentials", project=project, form=form)


@credential_app.command("delete")
def credential_delete(
    context: typer.Context,
    *,
    names: Annotated[list[str], typer.Argument(metavar="NAME…")],
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Delete credentials."""
    delete(context, kind_name="credentials", names=names, project=project, dry_run=dry_run)


@variable_app.command("set")
def variable_set(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="Its name.")],
    value: Annotated[str, typer.Argument(help="Its value; - reads standard input.")],
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Set a variable. It is no secret: whoever sees executions may see it."""
    content = sys.stdin.read().removesuffix("\n") if value == "-" else value
    session = connect(context, project)
    if not dry_run:
        session.call("PUT", address(session, kind_named("variables"), name), {"value": content})
    write(f"variable/{name} set{' (dry run)' if dry_run else ''}")


@variable_app.command("get")
def variable_get(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="Its name.")],
    project: Project = None,
) -> None:
    """Print a variable's value."""
    write(str(find_one(connect(context, project), kind_named("variables"), name)["value"]))


@variable_app.command("list")
def variable_list(
    context: typer.Context, *, project: Project = None, form: Output = Format.TABLE
) -> None:
    """List variables with their values."""
    get(context, kind_name="variables", project=project, form=form)


@variable_app.command("delete")
def variable_delete(
    context: typer.Context,
    *,
    names: Annotated[list[str], typer.Argument(metavar="NAME…")],
    project: Project = None,
    dry_run: DryRun = False,
) -> None:
    """Delete variables."""
    delete(context, kind_name="variables", names=names, project=project, dry_run=dry_run)
