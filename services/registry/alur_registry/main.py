"""Builds the registry from its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from pydantic import SecretStr

from alur_common.bus import Bus
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.catalogue import load_catalogue
from alur_common.clock import Clock, Ids
from alur_common.documents.port import Documents
from alur_common.events import WorkflowVersionPublished
from alur_common.executions import COLLECTIONS as ENGINE
from alur_common.executions import StoredExecutions, Workers
from alur_common.ground import ground
from alur_common.pools import PoolProjects
from alur_common.process import process
from alur_common.schedules import SCHEDULES
from alur_common.security.keys import load_keys
from alur_common.security.sealing import Sealer
from alur_common.security.sessions import AccessTokens
from alur_common.security.wrapping import KeyRing, KeyWrapper, MasterKeys
from alur_common.telemetry import get_logger
from alur_common.topics import POSITIONS
from alur_common.triggers import stored_triggers
from alur_engine.catalogue import Catalogue
from alur_engine.validation import Bounds, validate_document
from alur_registry.adapters.outlook import StoredOutlook, Triggers
from alur_registry.adapters.serving import PORT, served
from alur_registry.adapters.stored import COLLECTIONS, stored
from alur_registry.adapters.vault import VaultKeys
from alur_registry.ports import BoundsOf, Validate
from alur_registry.service import Parts, Registry
from alur_registry.settings import Settings
from alur_sdk.errors import AlurError

_log = get_logger(__name__)
RELAY_SECONDS = 60.0
"""Longer than a change takes: a notice that is there for so long was left by one that died."""


def build(
    documents: Documents,
    bus: Bus,
    clock: Clock,
    ids: Ids,
    settings: Settings,
    *,
    catalogue: Mapping[str, Any] | None = None,
    validate: Validate | None = None,
    triggers: Triggers | None = None,
) -> Registry:
    """Return a registry on these documents; `start` it before use.

    Keys come from the settings or from `keys/` in the data folder, where they are made at the first time.
    Raises `StateError` when a key is malformed or others can read it.
    """
    known = load_catalogue() if catalogue is None else catalogue
    registry = Registry(
        Parts(
            store=stored(documents),
            bus=bus,
            clock=clock,
            ids=ids,
            validate=validate or validator(known),
            catalogue=known,
            sealer=Sealer(key_wrapper(settings)),
            access=_access(settings, clock),
            outlook=StoredOutlook(StoredExecutions(documents), Workers(documents), triggers),
            public_url=settings.public_url,
            needs_broker=settings.needs_broker,
            bounds_of=_bounds_of(settings),
            reach_of=settings.allow_lists.told,
            pool_projects=PoolProjects.parse(settings.pool_projects),
            fresh_seconds=settings.fresh_seconds if settings.is_distributed else None,
        )
    )
    if settings.is_distributed:
        _follow_others(registry, bus, ids)
    return registry


def _bounds_of(settings: Settings) -> BoundsOf:
    """Return what executors let nodes do, by the settings that are one for all services."""
    allow_lists = settings.allow_lists

    def bounds(tenant: str, project: str) -> Bounds:
        room = settings.code_tenant_memory_mib.get(tenant, settings.code_max_memory_mib)
        return Bounds(
            wide=allow_lists.of(tenant, project).wide(),
            code_seconds=settings.code_tenant_seconds.get(tenant, settings.code_max_seconds),
            code_bytes=room * 1024 * 1024,
        )

    return bounds


def _access(settings: Settings, clock: Clock) -> AccessTokens:
    keys = load_keys(settings.data / "keys" / "session", _plain(settings.session_key))
    return AccessTokens(keys[0], clock)


def _follow_others(registry: Registry, bus: Bus, ids: Ids) -> None:
    # Each process has its own table of hooks, so each is a group of its own.
    group = f"registry-{ids.secret(4)}"
    bus.subscribe(WorkflowVersionPublished, group, registry.follow, broadcast=True)


class Tended(Protocol):
    """What has things that come to an end, and news that its dead have left."""

    async def sweep(self) -> None:
        """Remove what is over."""

    async def relay(self) -> None:
        """Tell what was left untold."""


async def tend(registry: Tended, sweep_seconds: float) -> None:
    """Remove what is over and tell what is left, again and again, until cancelled."""

    async def forever(work: Callable[[], Awaitable[None]], every_seconds: float) -> None:
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await work()
            except AlurError as error:  # a store that is out of reach is asked later
                _log.warning("sweep failed", code=error.code, reason=error.message)

    await asyncio.gather(
        forever(registry.sweep, sweep_seconds), forever(registry.relay, RELAY_SECONDS)
    )


async def main(settings: Settings) -> None:
    """Run the registry until told to stop: it answers the calls of the other services."""
    collections = (*COLLECTIONS, *ENGINE, SCHEDULES, POSITIONS)
    async with (
        process("registry", settings) as running,
        ground("registry", running, settings, collections) as under,
    ):
        registry = build(
            under.documents,
            under.bus,
            under.clock,
            under.ids,
            settings,
            triggers=lambda record: stored_triggers(under.documents, record),
        )
        await under.bus.start()
        await registry.start()
        await registry.ensure_owner()
        await registry.record_reach()
        calls = CallSettings()
        server = CallsServer(calls, running.metrics, running.tracer)
        server.serve(PORT, served(registry))
        running.takes_work()
        port = await server.start(calls.host, calls.port)
        _log.info("registry ready", address=calls.reached_at(port))
        await running.until_told(
            tend(registry, settings.sweep_seconds), under.dependencies.follow(server.health.turn)
        )
        await server.stop()


def validator(catalogue: Mapping[str, Any]) -> Validate:
    """Return the engine's validation against this catalogue."""
    types = Catalogue.from_json(catalogue)
    return lambda raw: validate_document(raw, types)


def key_wrapper(settings: Settings) -> KeyWrapper:
    """Return what wraps the keys of secrets: Vault where it is set, and what the master keys wrapped before still opens."""
    path, given = settings.data / "keys" / "master", _plain(settings.master_key)
    if not settings.vault_url:
        return MasterKeys(path, given)
    vault = VaultKeys(
        settings.vault_url,
        settings.vault_key,
        token=_plain(settings.vault_token) or "",
        token_file=settings.vault_token_file,
    )
    return KeyRing(vault, MasterKeys(path, given, only_opens=True))


def _session_key(settings: Settings) -> bytes:
    return load_keys(settings.data / "keys" / "session", _plain(settings.session_key))[0]


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
