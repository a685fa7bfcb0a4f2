"""`alur migrate`: the schema of MongoDB, asked of ALUR_MONGO directly."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from alur.output import note, write
from alur_sdk.errors import InvalidError, Problem


def migrate(
    drops: Annotated[
        bool,
        typer.Option(
            "--drop-indexes",
            help="Also drop indexes that this version does not declare: once no older version runs.",
        ),
    ] = False,
) -> None:
    """Bring the database of ALUR_MONGO to the schema of this version; safe to repeat, and while services run.

    The first service of a new version does the same as it starts, and holds up the others meanwhile: do it before, where
    the database is large. The data folder of `alur dev` is brought to it as it is opened.
    """
    from alur import schema  # noqa: PLC0415  # the collections of every service, for this command alone
    from alur.collections import COLLECTIONS  # noqa: PLC0415  # as above
    from alur_common.settings import Settings  # noqa: PLC0415  # as above

    mongo = Settings.load().mongo
    if mongo is None:
        text = "set ALUR_MONGO to the URL of the database; a data folder of `alur dev` needs no migration"
        raise InvalidError(text, [Problem("ALUR_MONGO", "missing", text)])
    for name in asyncio.run(schema.migrate(mongo.get_secret_value(), drops=drops)):
        write(f"{name} made")
    note(f"all {len(COLLECTIONS)} collections have the schema of this version")
