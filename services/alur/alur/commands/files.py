"""`alur files`: what the nodes of an execution kept as files."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from alur import output
from alur.options import Output, Project, connect
from alur.output import Format, write
from alur.session import Session
from alur_sdk.errors import InvalidError, NotFoundError
from alur_sdk.files import plain_file_name

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def files(
    context: typer.Context,
    *,
    execution: Annotated[str, typer.Argument(metavar="EXECUTION", help="Its id.")],
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="The one to fetch: its name, or how its blob begins."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help="Where to keep it; - for standard output. Its own name in this folder."),
    ] = None,
    project: Project = None,
    form: Output = Format.TABLE,
) -> None:
    """List the files of an execution, or fetch one of them."""
    if to is not None and file is None:
        raise typer.BadParameter("--to says where FILE is kept: say which file", param_hint="--to")
    session = connect(context, project)
    path = session.path("executions", execution, "files")
    found = list(session.pages(path, {}, None))
    if file is None:
        _show(found, form)
        return
    wanted = _chosen(found, file)
    target = to or _own_name(wanted)
    size = _fetch(session, f"/api/v1{path}/{wanted['blob']}", wanted["blob"], target)
    if target != "-":
        write(f"{output.clean(target)} kept, {_size(size)}")


def _show(found: list[dict[str, Any]], form: Format) -> None:
    if form is not Format.TABLE:
        output.data(found, form)
        return
    rows = [
        (_own_name(file), _size(file["size"]), file["mediaType"], _place(file), file["blob"][:12])
        for file in found
    ]
    columns = ("file", "size", "type", "from", "blob")
    output.table(columns, rows, "no node of this execution made a file")


def _place(file: dict[str, Any]) -> str:
    return f"{file['node']} {file['path']}".rstrip()


def _own_name(file: dict[str, Any]) -> str:
    name = plain_file_name(file.get("fileName")) or plain_file_name(file.get("name"))
    return name or str(file["blob"])


def _size(count: int) -> str:
    amount, unit = float(count), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{count} bytes" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def _chosen(found: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    named = [file for file in found if wanted in (_own_name(file), file["blob"])]
    fitting = named or [file for file in found if file["blob"].startswith(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise NotFoundError(
            f"this execution has no file {wanted!r}: `alur files` without it lists them"
        )
    blobs = ", ".join(file["blob"][:12] for file in fitting)
    raise InvalidError(
        f"{len(fitting)} files are called {wanted!r}: say which by its blob, {blobs}"
    )


def _fetch(session: Session, path: str, blob: str, target: str) -> int:
    """Write the content, and return its size. What came incomplete or damaged is not kept."""
    if target == "-":
        with session.client.download(path) as parts:
            return _copy(parts, sys.stdout.buffer, blob)
    with _new_file(target) as file:
        try:
            with session.client.download(path) as parts:
                return _copy(parts, file, blob)
        except BaseException:
            Path(target).unlink()
            raise


def _new_file(target: str) -> BinaryIO:
    try:
        return Path(target).open("xb")
    except FileExistsError as error:
        raise InvalidError(f"{target} is there already: name another place by --to") from error
    except OSError as error:
        raise InvalidError(f"{target} cannot be written: {error.strerror}") from error


def _copy(parts: Iterable[bytes], file: BinaryIO, blob: str) -> int:
    digest, size = hashlib.sha256(), 0
    for part in parts:
        digest.update(part)
        try:
            file.write(part)
        except BrokenPipeError:
            output.leave_quietly()
        except OSError as error:
            raise InvalidError(f"the file cannot be written: {error.strerror}") from error
        size += len(part)
    if digest.hexdigest() != blob:
        raise InvalidError("what came is not what was asked for (another hash): try again")
    return size
