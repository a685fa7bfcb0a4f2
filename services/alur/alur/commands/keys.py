"""`alur keys`: the keys that seal secrets. For the owner of the installation, on its machine or within it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from alur import output
from alur.keys import KeyCalls, reached
from alur.options import Output
from alur.output import Format, note, table, write
from alur_common.security.records import KeyUse
from alur_sdk.errors import StateError

keys_app = typer.Typer(help="The keys that seal secrets.", no_args_is_help=True)
Data = Annotated[
    Path | None,
    typer.Option(envvar="ALUR_DATA", help="The data folder of a server on this machine."),
]


@keys_app.command("list")
def list_keys(*, data: Data = None, form: Output = Format.TABLE) -> None:
    """List the keys, the one in use first, with how many secrets each seals."""

    async def run() -> None:
        async with reached(data) as keys:
            uses = await keys.list_keys()
        if form is not Format.TABLE:
            shown = [{"key": use.id, "state": _state(use), "secrets": use.secrets} for use in uses]
            output.data(shown, form)
            return
        table(["key", "state", "secrets"], [(use.id, _state(use), use.secrets) for use in uses])

    asyncio.run(run())


@keys_app.command("rotate")
def rotate(*, data: Data = None) -> None:
    """Make a new key and move all secrets under it, while everything runs.

    A rotation that was stopped is finished first, and makes no new key.
    """

    async def run() -> None:
        async with reached(data) as keys:
            await _rotate(keys)

    asyncio.run(run())


@keys_app.command("retire")
def retire(
    key: Annotated[str, typer.Argument(help="Its id, as `alur keys list` shows it.")],
    *,
    data: Data = None,
) -> None:
    """Forget a key that seals nothing any more. Copies of the store from before need it: keep a copy as long as them."""

    async def run() -> None:
        async with reached(data) as keys:
            await keys.retire_key(key)

    asyncio.run(run())
    write(f"key/{key} retired")


async def _rotate(keys: KeyCalls) -> None:
    begun = await keys.begin_rotation()
    how = "new" if begun.is_new else "made before; its rotation was not finished"
    note(f"key {begun.key} ({how}): {begun.left} of {begun.secrets} secrets to move")
    moved, after = 0, None
    failed: list[str] = []
    while True:
        step = await keys.rotate_some(after)
        if step.moved:
            moved += step.moved
            note(f"{moved} of {begun.left} moved")
        failed += step.failed
        after = step.after
        if after is None:
            break
    for one in failed:
        note(output.clean(f"not moved: {one}"))
    if failed:
        raise StateError(f"{len(failed)} secrets could not be moved: set them again, then repeat")
    write(f"key/{begun.key} in use, {moved} secrets moved")
    for use in await keys.list_keys():
        if not use.is_current:
            note(_advice(use.id, use.secrets))


def _advice(key: str, secrets: int) -> str:
    if secrets:
        return f"key {key} still seals {secrets} secrets, set meanwhile: `alur keys rotate` again"
    return f"key {key} seals nothing now: `alur keys retire {key}` is safe, but backups from before need it"


def _state(use: KeyUse) -> str:
    if use.is_missing:
        return "missing"
    return "in use" if use.is_current else "old"
