"""What the command line prints: tables for people, JSON and YAML for programs, colour for terminals alone."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_COLOURS = {
    "succeeded": "green", "active": "green", "failed": "red", "in-doubt": "red",
    "cancelled": "yellow", "running": "cyan", "waiting": "blue", "queued": "blue",
}  # fmt: skip
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def write(text: str = "", end: str = "\n") -> None:
    """Print a line of the result. A reader that has seen enough ends the command, and well."""
    try:
        sys.stdout.write(text + end)
    except BrokenPipeError:
        leave_quietly()


def flush() -> None:
    """Hand over what was printed; see `write` for a reader that is gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        leave_quietly()


def leave_quietly() -> NoReturn:
    """End with 0; what is still to be printed goes nowhere, so that the interpreter does not complain of it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)


def note(text: str) -> None:
    """Print a line for people beside the result, where programs do not read it."""
    sys.stderr.write(text + "\n")


def is_terminal(stream: TextIO | None = None) -> bool:
    """Return whether people read this stream, and want to see colour and movement."""
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def console(stream: TextIO | None = None) -> Console:
    """Return a console of Rich on a stream. It knows NO_COLOR."""
    from rich.console import Console  # noqa: PLC0415  # 0.1 s that only terminals pay

    return Console(file=stream or sys.stdout, highlight=False)


def data(value: object, form: Format) -> None:
    """Print a value as JSON or YAML."""
    if form is Format.YAML:
        from alur_engine.reading import write_yaml  # noqa: PLC0415  # most calls print no YAML

        write(write_yaml(value), end="")
    else:
        write(json.dumps(value, indent=2, ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "") -> None:
    """Print a table; `empty` goes to people when it has no rows."""
    cells = [[_text(cell) for cell in row] for row in rows]
    if not cells:
        note(empty or "nothing found")
    elif is_terminal():
        _rich_table(columns, cells)
    else:
        _plain_table(columns, cells)


def fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one a line, those without a value left out."""
    shown = [(name, _text(value)) for name, value in pairs if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in shown), default=0) + 2
    for name, value in shown:
        write(f"{name + ':':<{width}} {value}")


def age(timestamp: object) -> str:
    """Return how long ago an RFC 3339 time was, as `5m`."""
    if not isinstance(timestamp, str) or not timestamp:
        return "-"
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds()
    except (ValueError, TypeError):
        return "-"
    seconds = max(0, int(seconds))
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def milliseconds(value: object) -> str:
    """Return a duration for people."""
    if not isinstance(value, int | float):
        return "-"
    if value < 1:
        return "<1 ms"
    if value < 1_000:  # noqa: PLR2004  # a second
        return f"{value:.0f} ms"
    seconds = value / 1_000
    return (
        f"{seconds:.1f} s" if seconds < _MINUTE else f"{int(seconds) // 60}m{int(seconds) % 60:02}s"
    )


def clean(text: str) -> str:
    """Return a text without control characters: what a workflow said must not move the cursor."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def failure(error: Mapping[str, Any]) -> str:
    """Return what an error of a node says, with the field that it is about."""
    return ": ".join(filter(None, (error.get("field"), error.get("message", ""))))


def coloured(status: str) -> str:
    """Return a status in Rich's markup."""
    colour = _COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else status


def _text(cell: Any) -> str:  # noqa: ANN401  # any value can stand in a table
    if cell is None or cell == "":
        return "-"
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return clean(str(cell)).replace("\n", " ")


def _plain_table(columns: Sequence[str], rows: list[list[str]]) -> None:
    lines = [[column.upper() for column in columns], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        write("  ".join(cells).rstrip())


def _rich_table(columns: Sequence[str], rows: list[list[str]]) -> None:
    from rich.markup import escape  # noqa: PLC0415  # only terminals pay
    from rich.table import Table  # noqa: PLC0415  # and they alone

    shown = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        shown.add_column(column.upper(), overflow="fold")
    for row in rows:
        shown.add_row(*(coloured(c) if c in _COLOURS else escape(c) for c in row))
    console().print(shown)
