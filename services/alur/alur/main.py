"""The command line: its commands, and how a failure becomes a message and an exit code.

0 done, 1 the thing asked for failed, 2 wrong usage, 3 server out of reach. A traceback is never shown: ALUR_DEBUG=1 is how
developers ask for it.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from alur.client import RefusedError, UnreachableError
from alur.commands import (
    access,
    care,
    documents,
    executions,
    files,
    kafka,
    keys,
    resources,
    schema,
    secrets,
    services,
)
from alur.commands import contexts as context_commands
from alur.loops import look_for_cycles_less
from alur.output import clean, flush, note
from alur.session import Choice
from alur_sdk.errors import AlurError, InvalidError, Problem

FAILED, UNREACHABLE, INTERRUPTED = 1, 3, 130

cli = typer.Typer(
    name="alur",
    help="Run workflows that people draw, apply as files, or call from code.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def options(
    context: typer.Context,
    server: Annotated[str | None, typer.Option(help="The server; else ALUR_SERVER.")] = None,
    context_name: Annotated[
        str | None, typer.Option("--context", help="A context of the configuration file.")
    ] = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=care.tell_version, is_eager=True, help="As the command."
        ),
    ] = False,
) -> None:
    """Run workflows that people draw, apply as files, or call from code."""
    context.obj = Choice(server, context_name)


for command in (
    services.dev, documents.apply, documents.validate, documents.export, resources.get, resources.describe,
    resources.delete, executions.run, executions.logs, executions.cancel, executions.replay,
    executions.signal, executions.resolve, files.files, access.login, access.logout, access.sign_in, care.doctor,
    services.gateway, services.registry, services.scheduler, services.executor, services.operator,
    schema.migrate, care.completion, care.version,
):  # fmt: skip
    cli.command()(command)
cli.add_typer(secrets.credential_app, name="credential")
cli.add_typer(secrets.variable_app, name="variable")
cli.add_typer(keys.keys_app, name="keys")
cli.add_typer(access.token_app, name="token")
cli.add_typer(context_commands.config_app, name="config")
cli.add_typer(kafka.topics_app, name="topics")
cli.add_typer(kafka.dlq_app, name="dlq")


def app() -> None:
    """Run the command line and exit."""
    look_for_cycles_less()
    code = run()
    flush()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        cli(arguments, prog_name="alur")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except AlurError as error:
        return _tell(error)
    except KeyboardInterrupt:
        note("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # the outermost loop: no traceback ever reaches a user
        return _tell_unexpected(error)
    return 0


def _tell(error: AlurError) -> int:
    problems = error.problems if isinstance(error, RefusedError | InvalidError) else ()
    note(clean(f"error: {error.message}"))
    for problem in problems:
        # What the message says already is not said twice.
        line = problem.path if problem.message in error.message else _line(problem)
        if line not in error.message:
            note(clean(f"  {line}"))
    return UNREACHABLE if isinstance(error, UnreachableError) else FAILED


def _line(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message


def _tell_unexpected(error: Exception) -> int:
    if os.environ.get("ALUR_DEBUG"):
        import traceback  # noqa: PLC0415  # developers alone pay

        traceback.print_exc()
    reason = str(error).partition("\n")[0] or type(error).__name__
    note(clean(f"error: {type(error).__name__}: {reason}"))
    if not isinstance(error, OSError):
        note("this should not happen: ALUR_DEBUG=1 shows more, for a report")
    return FAILED
