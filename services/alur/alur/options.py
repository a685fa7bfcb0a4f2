"""Options that many commands share, and how times and documents are read from arguments."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from alur.output import Format
from alur.session import Choice, Session, check_project, open_session
from alur_sdk.errors import InvalidError


def _checked(project: str | None) -> str | None:
    return check_project(project) if project else project


Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        "-p",
        callback=_checked,
        help="The project; ALUR_PROJECT, else `default`.",
    ),
]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to print the result.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and tell, and change nothing.")]
_SHORT = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def connect(context: typer.Context, project: str | None = None) -> Session:
    """Return the session for a command, with the flags that stood before it."""
    return open_session(choice_of(context), project)


def choice_of(context: typer.Context) -> Choice:
    """Return what the flags before a command say."""
    choice = context.find_root().obj
    return choice if isinstance(choice, Choice) else Choice()


def seconds(text: str) -> float:
    """Read `60s`, `5m`, `2h` or an ISO 8601 duration. Raises a usage error on any other text."""
    match = _SHORT.match(text)
    if match:
        return float(match.group(1)) * _SECONDS[match.group(2)]
    from alur_engine.durations import duration_seconds  # noqa: PLC0415  # pydantic, for a rare form

    try:
        return duration_seconds(text)
    except ValueError as error:
        message = f"{text!r} is no duration, such as 60s, 5m, 2h or PT5M"
        raise typer.BadParameter(message) from error


def read_file(name: str) -> bytes:
    """Return a file's content, or that of standard input for `-`. Raises `InvalidError` that names it."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidError(f"{name}: {error.strerror or error}") from error


def read_json(text: str | bytes, what: str) -> Any:  # noqa: ANN401  # any JSON value
    """Return a JSON value. Raises `InvalidError` that says where it ends being one."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise InvalidError(f"{what} is nested too deep") from error
    except UnicodeDecodeError as error:
        raise InvalidError(f"{what} is not UTF-8") from error
    except ValueError as error:
        raise InvalidError(f"{what} is no JSON: {error}") from error


def json_argument(text: str, option: str) -> Any:  # noqa: ANN401  # any JSON value
    """Return the JSON value that an option has; what is none is wrong usage."""
    try:
        return read_json(text, option)
    except InvalidError as error:
        raise typer.BadParameter(error.message) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
