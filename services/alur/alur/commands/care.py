"""`alur doctor`, `alur completion` and `alur version`."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alur import local, output
from alur.options import Output, choice_of, connect
from alur.output import Format, table, write
from alur.places import data_folder
from alur.session import Session, named_server
from alur_sdk.errors import AlurError

if TYPE_CHECKING:
    from alur_common.kafka.settings import KafkaSettings

_LEAST_FREE_BYTES = 512 * 1024 * 1024
_LARGEST_SKEW_SECONDS = 5.0
_OLDEST_SQLITE = (3, 35, 0)
_READY = 200
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do when it is not well."""

    name: str
    is_well: bool
    seen: str
    remedy: str = ""


def doctor(context: typer.Context, form: Output = Format.TABLE) -> None:
    """Look at this machine and the server, and say what is wrong."""
    findings = [*_machine(), *_data(_folder(context)), *_jail(), *_shared(), *_server(context)]
    if form is Format.TABLE:
        rows = [[_mark(f), f.name, f.seen, "" if f.is_well else f.remedy] for f in findings]
        table(["", "what", "seen", "what to do"], rows)
    else:
        shown = [
            {"name": f.name, "ok": f.is_well, "seen": f.seen, "remedy": f.remedy} for f in findings
        ]
        output.data(shown, form)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def version() -> None:
    """Print the version."""
    write(f"alur {installed_version('alur')}")


def tell_version(is_asked: bool) -> None:
    """Print the version and end, where it is asked for."""
    if is_asked:
        version()
        raise typer.Exit


def completion(
    shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")],
) -> None:
    """Print the completion script of a shell: `source <(alur completion bash)`."""
    from typer._completion_shared import get_completion_script  # noqa: PLC0415  # rare

    if shell not in {"bash", "zsh", "fish"}:
        raise typer.BadParameter(f"{shell!r} is none of bash, zsh, fish")
    write(get_completion_script(prog_name="alur", complete_var="_ALUR_COMPLETE", shell=shell))


def _mark(finding: Finding) -> str:
    return "ok" if finding.is_well else "!!"


def _machine() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), python, "install Python 3.11 or newer")
    sqlite = sqlite3.sqlite_version_info >= _OLDEST_SQLITE
    yield Finding(
        "SQLite", sqlite, sqlite3.sqlite_version, "use a Python with SQLite 3.35 or newer"
    )


def _folder(context: typer.Context) -> Path | None:
    """Return the data folder to look at, None where the server that is named runs on another machine."""
    if os.environ.get("ALUR_DATA"):
        return data_folder()
    try:
        named = named_server(choice_of(context))
    except AlurError:  # whoever asks the server tells it
        named = None
    if named is None:
        running = local.find_local()
        return running.data if running else data_folder()
    server = local.find_by_url(named)
    return server.data if server else None


def _data(folder: Path | None) -> Iterator[Finding]:
    if folder is None:
        return
    if not folder.is_dir():
        yield Finding("data folder", True, f"{folder}: not made yet")  # the field says what
        return
    mode = folder.stat().st_mode & 0o777
    private = mode & _OTHERS == 0
    yield Finding("data folder", private, f"{folder} ({mode:o})", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    enough = free >= _LEAST_FREE_BYTES
    yield Finding(
        "disk", enough, f"{free // 1024**2} MiB free", f"make room on the disk of {folder}"
    )
    writable = os.access(folder, os.W_OK)
    yield Finding("writing", writable, str(writable).lower(), f"chown {folder} to yourself")


def _jail() -> Iterator[Finding]:
    """Build the jail as this user and run code in it; where there is none, all but code works."""
    from alur_executor.main import jail_settings  # noqa: PLC0415  # start-up time
    from alur_executor.settings import Settings as ExecutorSettings  # noqa: PLC0415  # the same
    from alur_jail.examining import examine  # noqa: PLC0415  # the same

    settings = jail_settings(ExecutorSettings.load())
    for look in asyncio.run(examine(settings)):
        yield Finding(look.name, look.is_well, look.seen, look.remedy)


def _shared() -> Iterator[Finding]:
    """Ask MongoDB and Kafka, where this environment names them as it does for the services."""
    from alur_common.kafka.settings import KafkaSettings  # noqa: PLC0415  # start-up time
    from alur_common.settings import Settings  # noqa: PLC0415  # the same

    settings = Settings.load()
    if settings.mongo is not None:
        yield asyncio.run(_mongo(settings.mongo.get_secret_value()))
    if settings.kafka:
        yield asyncio.run(_kafka(KafkaSettings.load()))


async def _mongo(url: str) -> Finding:
    from alur_common.clock import SystemClock  # noqa: PLC0415  # start-up time
    from alur_common.documents.mongo import MongoDocuments, client  # noqa: PLC0415  # the same

    try:
        async with client.connect(url) as database:
            store = MongoDocuments(database, SystemClock())
            try:
                await store.reach()
            finally:
                await store.close()
            return Finding("MongoDB", True, f"database {database.name} answers")
    except AlurError as error:
        remedy = "see whether it runs, and whether ALUR_MONGO names it"
        return Finding("MongoDB", False, error.message, remedy)


async def _kafka(settings: KafkaSettings) -> Finding:
    from alur_common.kafka.admin import compare_topics  # noqa: PLC0415  # start-up time

    try:
        found = await compare_topics(settings)
    except AlurError as error:
        remedy = "see whether it runs, and whether ALUR_KAFKA and its settings are right"
        return Finding("Kafka", False, error.message, remedy)
    there = sum(topic.is_there for topic in found)
    seen = f"{settings.servers} has {there} of {len(found)} topics"
    return Finding("Kafka", there == len(found), seen, "alur topics apply")


def _server(context: typer.Context) -> Iterator[Finding]:
    try:
        session = connect(context)
    except AlurError as error:
        yield Finding("server", False, error.message, "start `alur dev`")  # the field says what
        return
    for look in (_ready, _agrees, _token):
        try:
            yield look(session)
        except AlurError as error:
            name = _NAMES[look]
            yield Finding(name, False, error.message, "see there")  # the field says what
            return


def _ready(session: Session) -> Finding:
    answer = session.client.send("GET", "/readyz", timeout=5)
    seen = f"{session.client.server} ({session.origin}) answers {answer.status}"
    return Finding(
        "server", answer.status == _READY, seen, "it is starting, draining or ill: see its log"
    )


def _agrees(session: Session) -> Finding:
    answer = session.client.call("GET", "/version", timeout=5)
    theirs, ours = str((answer.json or {}).get("version", "?")), installed_version("alur")
    skew = 0.0
    if "date" in answer.headers:
        skew = abs(time.time() - parsedate_to_datetime(answer.headers["date"]).timestamp())
    well = theirs == ours and skew <= _LARGEST_SKEW_SECONDS
    seen = f"server {theirs}, command line {ours}, clocks {skew:.0f} s apart"
    return Finding("version", well, seen, "use the same version on both sides, and set the clocks")


def _token(session: Session) -> Finding:
    me = session.call("GET", "/me", timeout=5).json
    return Finding(
        "token", True, f"{me.get('name') or me.get('id')}, {me.get('role')}"
    )  # the field says what


_NAMES: dict[Callable[[Session], Finding], str] = {
    _ready: "server",
    _agrees: "version",
    _token: "token",
}
