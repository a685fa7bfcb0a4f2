"""`alur login`, `alur logout`, `alur sign-in` and `alur token`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from alur import contexts, local
from alur.client import Client
from alur.commands.resources import get
from alur.contexts import Context
from alur.options import Output, Project, connect, seconds
from alur.output import Format, note, write
from alur.places import config_file
from alur.session import DEFAULT_PROJECT, Session
from alur_sdk.errors import InvalidError

AsService = Annotated[
    bool,
    typer.Option(
        "--as-service",
        help="Ask the registry as a service does, by ALUR_REGISTRY and ALUR_CALLS_*: in a service's pod.",
    ),
]

token_app = typer.Typer(help="API tokens.", no_args_is_help=True)


def login(
    context: typer.Context,
    *,
    server: Annotated[str | None, typer.Option(help="The server's address.")] = None,
    name: Annotated[str, typer.Option("--context", help="What to call it here.")] = "",
    project: Project = None,
) -> None:
    """Keep a server and a token in the configuration file. The token is asked for, or read from standard input."""
    path = config_file()
    config = contexts.load(path)
    address = server or (connect(context).client.server)
    token = _secret("Token: ")
    who = (
        Session(Client(address, token, "login"), project or DEFAULT_PROJECT, "login")
        .call("GET", "/me")
        .json
    )
    chosen = name or config.current or "default"
    config = config.with_context(chosen, Context(address, token, project or ""), current=True)
    contexts.save(path, config)
    write(
        f"signed in at {address} as {who.get('name') or who.get('id')} ({who.get('role')}), context {chosen!r}"
    )


def logout(name: Annotated[str, typer.Option("--context", help="Which one.")] = "") -> None:
    """Forget the token of a context."""
    path = config_file()
    config = contexts.load(path)
    chosen = name or config.current
    known = config.get(chosen)
    kept = Context(known.server, "", known.project)
    contexts.save(path, config.with_context(chosen, kept, current=config.current == chosen))
    write(
        f"the token of context {chosen!r} is forgotten here; `alur token revoke ID` ends it everywhere"
    )


def sign_in(
    context: typer.Context,
    *,
    data: Annotated[
        Path | None, typer.Option(help="The data folder of a server on this machine.")
    ] = None,
    as_service: AsService = False,
) -> None:
    """Print a fresh link that signs a browser in as the owner: once, within 15 minutes."""
    if as_service:
        from alur import inside  # noqa: PLC0415  # gRPC: only when it is asked

        write(inside.new_sign_in_link())
        return
    address = str(data) if data else connect(context).client.server
    server = local.find_server(data) if data else local.find_by_url(address)
    if server is None:
        raise InvalidError(
            f"{address} is no server that runs on this machine, on a folder of yours: there its owner, "
            "or an admin by `POST /api/v1/members/ID:invite`, makes the link"
        )
    write(local.sign_in_link(server))


@token_app.command("create")
def token_create(
    context: typer.Context,
    *,
    data: Annotated[
        Path | None, typer.Option(help="The data folder of a server on this machine.")
    ] = None,
    as_service: AsService = False,
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do, as workflows:read; all, if none is given."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="After how long it ends: 12h, 30d; never, if not given.")
    ] = None,
    producer: Annotated[
        bool,
        typer.Option("--producer", help="A key by which a producer outside signs its events."),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Print just the token; of a key its id and secret."),
    ] = False,
) -> None:
    """Make a token, or the key of a producer of events. It is shown once."""
    if producer:
        if data is not None or scope or expires or as_service:
            raise typer.BadParameter(
                "--producer goes with neither --data, --as-service, --scope nor --expires"
            )
        _create_producer(context, name, quiet=quiet)
        return
    lasts = None if expires is None else seconds(expires)
    if as_service:
        token = _token_as_service(data, name, scope, lasts)
    else:
        token = _create_token(context, data, name, scope, lasts)
    write(token)
    if not quiet:
        note("keep it: it is not shown again (ALUR_TOKEN, or `alur login`)")


def _create_producer(context: typer.Context, name: str, *, quiet: bool) -> None:
    made = connect(context).call("POST", "/producers", {"name": name}).json
    if quiet:
        write(f"{made['id']} {made['secret']}")
        return
    for label, value in (
        ("ce_alurtenant", made["tenant"]),
        ("ce_alurkey", made["id"]),
        ("secret", made["secret"]),
    ):
        write(f"{label:<15}{value}")
    note("keep the secret: it is not shown again, and signs each event (ce_alursignature)")


def _token_as_service(
    data: Path | None, name: str, scope: list[str] | None, lasts: float | None
) -> str:
    if data is not None or scope:
        raise typer.BadParameter("--as-service goes with neither --data nor --scope")
    from alur import inside  # noqa: PLC0415  # gRPC: only when it is asked

    return inside.new_token(name, lasts)


def _create_token(
    context: typer.Context,
    data: Path | None,
    name: str,
    scope: list[str] | None,
    lasts: float | None,
) -> str:
    if data is None:
        body: dict[str, object] = {"name": name, "scopes": scope or ["*"]}
        if lasts is not None:
            body["expiresInSeconds"] = lasts
        return str(connect(context).call("POST", "/tokens", body).json["token"])
    if scope:
        raise typer.BadParameter("--scope needs a server: leave --data out")
    server = local.find_server(data)
    if server is not None:
        return local.take_token(server, name, lasts)
    local.check_folder(data)
    import asyncio  # noqa: PLC0415  # opens the store: only when no server has it

    from alur.dev import new_token  # noqa: PLC0415  # as above

    return asyncio.run(new_token(data, name, lasts))


@token_app.command("list")
def token_list(context: typer.Context, *, form: Output = Format.TABLE) -> None:
    """List your tokens, without their secrets."""
    get(context, kind_name="tokens", form=form)


@token_app.command("revoke")
def token_revoke(
    context: typer.Context, ids: Annotated[list[str], typer.Argument(metavar="ID…")]
) -> None:
    """End tokens at once."""
    session = connect(context)
    for one in ids:
        session.call("DELETE", f"/tokens/{one}")
        write(f"token/{one} revoked")


def _secret(prompt: str) -> str:
    if not sys.stdin.isatty():
        token = sys.stdin.read().strip()
    else:
        from getpass import getpass  # noqa: PLC0415  # only where a person types

        token = getpass(prompt).strip()
    if not token:
        raise InvalidError("no token was given; `alur token create` makes one")
    return token
