"""Builds the registry from its parts."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import SecretStr

from alur_common.bus import Bus
from alur_common.bus_in_process import InProcessBus
from alur_common.catalogue import load_catalogue
from alur_common.clock import Clock, Ids, SystemClock, SystemIds
from alur_common.data_folder import DataFolder
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.events import WorkflowVersionPublished
from alur_common.executions import StoredExecutions
from alur_common.security.keys import load_keys
from alur_common.security.sealing import Sealer
from alur_common.security.sessions import AccessTokens
from alur_common.telemetry import configure_logs, get_logger
from alur_engine.catalogue import Catalogue
from alur_engine.validation import validate_document
from alur_registry.adapters.outlook import NextDue, StoredOutlook
from alur_registry.adapters.stored import COLLECTIONS, stored
from alur_registry.ports import Validate
from alur_registry.service import Parts, Registry
from alur_registry.settings import Settings
from alur_sdk.errors import AlurError

_log = get_logger(__name__)


def build(
    documents: Documents,
    bus: Bus,
    clock: Clock,
    ids: Ids,
    settings: Settings,
    *,
    catalogue: Mapping[str, Any] | None = None,
    validate: Validate | None = None,
    next_due: NextDue | None = None,
) -> Registry:
    """Return a registry on these documents; `start` it before use.

    Keys come from the settings or from `keys/` in the data folder, where they are made at the first time.
    Raises `StateError` when a key is malformed or others can read it.
    """
    known = catalogue if catalogue is not None else load_catalogue()
    keys = settings.data / "keys"
    registry = Registry(
        Parts(
            store=stored(documents),
            bus=bus,
            clock=clock,
            ids=ids,
            validate=validate or validator(known),
            catalogue=known,
            sealer=Sealer(load_keys(keys / "master", _given(settings.master_key))),
            access=AccessTokens(
                load_keys(keys / "session", _given(settings.session_key))[0], clock
            ),
            outlook=StoredOutlook(StoredExecutions(documents), next_due),
            public_url=settings.public_url,
            fresh_seconds=settings.fresh_seconds if settings.is_shared else None,
        )
    )
    if settings.is_shared:
        # Each process has its own table of hooks, so each is a group of its own.
        group = f"registry-{ids.secret(4)}"
        bus.subscribe(WorkflowVersionPublished, group, registry.follow)
    return registry


class Sweepable(Protocol):
    """What has things that come to an end."""

    async def sweep(self) -> None:
        """Remove what is over."""


async def tend(registry: Sweepable, every_seconds: float) -> None:
    """Remove what is over, again and again, until cancelled; a store that is out of reach is asked later."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await registry.sweep()
        except AlurError as error:
            _log.warning("sweep failed", code=error.code, reason=error.message)


async def main(settings: Settings) -> None:
    """Run the registry alone on its data folder, until told to stop."""
    configure_logs("registry", settings.log_level)
    told = _told()
    clock = SystemClock()
    folder = DataFolder.open(settings.data)
    try:
        documents = SqliteDocuments(folder.database, clock)
        await documents.open(COLLECTIONS)
        try:
            registry = build(documents, InProcessBus(), clock, SystemIds(clock), settings)
            await registry.start()
            await registry.ensure_owner()
            _log.info("registry ready", data=str(folder.path))
            async with asyncio.TaskGroup() as group:
                tending = group.create_task(tend(registry, settings.sweep_seconds))
                await told.wait()
                tending.cancel()
        finally:
            await documents.close()
    finally:
        folder.close()


def _told() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told


def validator(catalogue: Mapping[str, Any]) -> Validate:
    """Return the engine's validation against this catalogue."""
    types = Catalogue.from_json(catalogue)
    return lambda raw: validate_document(raw, types)


def _given(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
