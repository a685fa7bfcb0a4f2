"""Two registries on one store: what one of them does while the other is at work, and what a gateway asks of both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import pytest

from alur_common.calls.client import Channel, methods_of
from alur_common.clock import SystemIds
from alur_common.definitions_remote import DefinitionCalls
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Collection, Document
from alur_common.events import Event, WorkflowVersionPublished
from alur_common.security.rights import Caller
from alur_gateway.adapters import remote
from alur_gateway.adapters.remote import RemoteRegistry
from alur_registry.adapters.serving import FOR_SERVICES
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from tests.unit.registry.test_crashes import CrashError
from tests.unit.registry.world import Doc, MovingClock, RememberingBus

HOOK = {"name": "in", "type": "trigger.webhook", "params": {"path": "x"}}


class DyingBus(RememberingBus):
    """The bus of a process that dies before it tells."""

    async def publish(self, event: Event) -> None:
        raise CrashError


class Meanwhile(MemoryDocuments):
    """The documents of a process; another one does something just before it first writes a workflow."""

    def __init__(
        self, clock: MovingClock, living: MemoryDocuments, other: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(clock)
        self._collections = living._collections
        self._others = [other]

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        await self._before(collection)
        return await super().insert(collection, document)

    async def replace(
        self, collection: Collection, document: Mapping[str, Any], **more: Any
    ) -> Document:
        await self._before(collection)
        return await super().replace(collection, document, **more)

    async def _before(self, collection: Collection) -> None:
        while collection.name == "workflows" and self._others:
            await self._others.pop()()


class Build:
    """Builds registries on one store."""

    def __init__(self, documents: MemoryDocuments, clock: MovingClock, settings: Settings) -> None:
        self.clock = clock
        self._documents = documents
        self._settings = settings.model_copy(update={"mongo": "mongodb://localhost/alur"})

    def one(
        self, bus: RememberingBus, *, before: Callable[[], Awaitable[None]] | None = None
    ) -> Registry:
        """Build one; `before` is done by another just before this one first writes a workflow."""
        documents = self._documents
        if before is not None:
            documents = Meanwhile(self.clock, documents, before)
        return build(documents, bus, self.clock, SystemIds(self.clock), self._settings)


@pytest.fixture
def several(
    owner: Caller, documents: MemoryDocuments, clock: MovingClock, settings: Settings
) -> Build:
    assert owner.tenant, "the store has an owner"
    return Build(documents, clock, settings)


class NoCredentials:
    """The calls of a gateway that make or show something."""

    async def credential_types(self) -> list[dict[str, Any]]:
        return []


@pytest.fixture
def gateway_of(
    monkeypatch: pytest.MonkeyPatch, clock: MovingClock
) -> Callable[[Registry], RemoteRegistry]:
    """Build the gateway's side of a registry, without the wire between them."""
    monkeypatch.setattr(remote, "definition_calls", lambda channel: channel)
    monkeypatch.setattr(remote, "add_calls", lambda *_, **__: NoCredentials())
    return lambda registry: RemoteRegistry(cast("Channel", registry), clock)


def _titled(document: Doc, title: str) -> Doc:
    return {**document, "spec": {**document["spec"], "title": title}}


def _hooked(document: Doc) -> Doc:
    nodes = [{"name": "n", "type": "core.noop", "params": {}}]
    spec = {"triggers": [HOOK], "nodes": nodes, "edges": [{"from": "in", "to": "n"}]}
    return {**document, "spec": spec}


def _told(bus: RememberingBus) -> list[tuple[int, bool]]:
    told = [event for event in bus.events if isinstance(event, WorkflowVersionPublished)]
    return [(event.version, event.deleted) for event in told]


async def test_what_one_that_dies_has_not_told_is_told_though_another_looked_while_it_lived(
    owner: Caller,
    document: Doc,
    several: Build,
) -> None:
    bus = RememberingBus()
    other = several.one(bus)
    await other.save(owner, "default", document)
    dying = several.one(DyingBus(), before=other.start)
    with pytest.raises(CrashError):
        await dying.save(owner, "default", _titled(document, "two"))
    bus.events.clear()
    await other.relay()
    assert _told(bus) == [(2, False)]
    await other.relay()
    assert _told(bus) == [(2, False)]


async def test_one_that_is_just_being_made_is_not_told_as_deleted(
    owner: Caller,
    document: Doc,
    several: Build,
) -> None:
    bus = RememberingBus()
    other = several.one(bus)
    await several.one(bus, before=other.start).save(owner, "default", document)
    assert _told(bus) == [(1, False)]


async def test_a_deletion_that_was_cut_off_is_told_with_the_last_version(
    owner: Caller,
    document: Doc,
    several: Build,
) -> None:
    one = several.one(RememberingBus())
    await one.save(owner, "default", document)
    await one.save(owner, "default", _titled(document, "two"))
    with pytest.raises(CrashError):
        await several.one(DyingBus()).delete_workflow(owner, "default", "orders")
    bus = RememberingBus()
    again = several.one(bus)
    await again.start()
    assert _told(bus) == []
    await again.relay()
    assert _told(bus) == [(2, True)]


@pytest.mark.parametrize("change", ["another version", "deleted", "made anew"])
async def test_a_gateway_hears_of_a_change_though_the_registry_it_asks_has_not(
    change: str,
    owner: Caller,
    document: Doc,
    several: Build,
    gateway_of: Callable[[Registry], RemoteRegistry],
) -> None:
    bus = RememberingBus()
    one, slow = several.one(bus), several.one(RememberingBus())
    first, _ = await one.save(owner, "default", _hooked(document))
    gateway = gateway_of(slow)
    await gateway.load()
    await slow.active("default", "default", first.name)  # it remembers this for two seconds
    bus.events.clear()
    if change == "another version":
        await one.save(owner, "default", _titled(_hooked(document), "two"))
    else:
        await one.delete_workflow(owner, "default", first.name)
    if change == "made anew":
        await one.save(owner, "default", _hooked(document))
    for event in bus.events:
        assert isinstance(event, WorkflowVersionPublished)
        await gateway.follow(event)
    found = gateway.find_hook(first.hook_id)
    assert (found and found.version) == (2 if change == "another version" else None)


def test_all_that_services_ask_of_the_registry_is_served() -> None:
    asked = {method.__name__ for method in methods_of(DefinitionCalls)}
    assert asked - set(FOR_SERVICES) == set()
