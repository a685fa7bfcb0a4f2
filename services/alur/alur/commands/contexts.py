"""`alur config`: the contexts of the configuration file."""

from __future__ import annotations

from typing import Annotated

import typer

from alur import contexts, output
from alur.client import Client
from alur.contexts import Context
from alur.options import Output, Project
from alur.output import Format, table, write
from alur.places import config_file

config_app = typer.Typer(help="Named servers in the configuration file.", no_args_is_help=True)


@config_app.command("list")
def config_list(form: Output = Format.TABLE) -> None:
    """List the contexts."""
    config = contexts.load(config_file())
    rows = [
        ["*" if name == config.current else "", name, c.server, c.project, bool(c.token)]
        for name, c in config.contexts.items()
    ]
    if form is Format.TABLE:
        table(["", "name", "server", "project", "token"], rows, f"no contexts in {config_file()}")
    else:
        found = {n: {"server": c.server, "project": c.project} for n, c in config.contexts.items()}
        output.data({"current": config.current, "contexts": found}, form)


@config_app.command("use")
def config_use(name: Annotated[str, typer.Argument(help="The context.")]) -> None:
    """Make a context the current one."""
    config = contexts.load(config_file())
    contexts.save(config_file(), config.with_context(name, config.get(name), current=True))
    write(f"current context: {name}")


@config_app.command("set")
def config_set(
    name: Annotated[str, typer.Argument(help="The context.")],
    server: Annotated[str | None, typer.Option(help="The server's address.")] = None,
    project: Project = None,
) -> None:
    """Make or change a context; `alur login` gives it a token."""
    config = contexts.load(config_file())
    known = config.contexts.get(name)
    address = server or (known.server if known else None)
    if address is None:
        raise typer.BadParameter("a new context needs --server")
    Client(address, None, "--server")
    kept = known.token if known and known.server == address else ""
    changed = Context(address, kept, project or (known.project if known else ""))
    contexts.save(config_file(), config.with_context(name, changed, current=not config.current))
    write(f"context {name!r} set")


@config_app.command("delete")
def config_delete(name: Annotated[str, typer.Argument(help="The context.")]) -> None:
    """Remove a context."""
    contexts.save(config_file(), contexts.load(config_file()).without(name))
    write(f"context {name!r} deleted")


@config_app.command("path")
def config_path() -> None:
    """Print where the configuration file is."""
    write(str(config_file()))
