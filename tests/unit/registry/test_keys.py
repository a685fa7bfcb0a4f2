"""Keys that are changed while the secrets under them are used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Collection, Document
from alur_common.security.rights import Caller
from alur_registry.adapters.stored import CREDENTIALS
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from alur_sdk.errors import NotFoundError, StateError
from tests.unit.registry.world import MovingClock, RememberingBus

MANY = 60
"""More than one step of a rotation takes."""


async def set_many(registry: Registry, owner: Caller) -> list[str]:
    names = [f"c{number}" for number in range(MANY)]
    for name in names:
        await registry.set_credential(owner, "default", name, "bearer", {"token": f"of {name}"})
    await registry.create_producer(owner, name="p")
    return names


async def finish(registry: Registry) -> int:
    moved, after = 0, None
    while True:
        step = await registry.rotate_some(after)
        assert step.failed == ()
        moved, after = moved + step.moved, step.after
        if after is None:
            return moved


async def state(registry: Registry) -> list[tuple[bool, int]]:
    return [(use.is_current, use.secrets) for use in await registry.list_keys()]


async def test_all_secrets_move_to_a_new_key(registry: Registry, owner: Caller) -> None:
    await set_many(registry, owner)
    begun = await registry.begin_rotation()
    assert (begun.is_new, begun.secrets, begun.left) == (True, MANY + 1, MANY + 1)
    assert await finish(registry) == MANY + 1
    assert await state(registry) == [(True, MANY + 1), (False, 0)]


async def test_a_rotation_that_was_stopped_is_finished_and_makes_no_new_key(
    registry: Registry, owner: Caller, rebuild: Callable[[], Registry]
) -> None:
    await set_many(registry, owner)
    begun = await registry.begin_rotation()
    moved = (await registry.rotate_some()).moved
    again = rebuild()
    resumed = await again.begin_rotation()
    assert (resumed.key, resumed.is_new, resumed.left) == (begun.key, False, MANY + 1 - moved)
    assert await finish(again) == MANY + 1 - moved
    assert (await again.begin_rotation()).is_new


@pytest.fixture
def yielding(documents: MemoryDocuments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let others have their turn before each operation of the store, as a real one does."""

    def patched(name: str) -> Callable[..., Awaitable[object]]:
        plain = getattr(documents, name)

        async def operation(*given: object, **options: object) -> object:
            await asyncio.sleep(0)
            return await plain(*given, **options)

        return operation

    for name in ("find", "find_one", "insert", "replace", "delete"):
        monkeypatch.setattr(documents, name, patched(name))


@pytest.fixture
def other(
    documents: MemoryDocuments, bus: RememberingBus, clock: MovingClock, settings: Settings
) -> Registry:
    """Another process on the same store and keys."""
    shared = settings.model_copy(update={"mongo": SecretStr("mongodb://shared")})
    return build(documents, bus, clock, SystemIds(clock), shared)


@pytest.mark.usefixtures("yielding")
async def test_readers_and_writers_in_several_processes_never_fail_while_keys_change(
    registry: Registry, owner: Caller, other: Registry
) -> None:
    names = await set_many(registry, owner)
    over = asyncio.Event()
    done = {"read": 0, "written": 0}

    async def read(one: Registry) -> None:
        while not over.is_set():
            name = names[done["read"] % MANY]
            secret = await one.unseal(owner.tenant, "default", name)
            assert secret.fields["token"] == f"of {name}"
            done["read"] += 1
            await asyncio.sleep(0)

    async def write() -> None:
        while not over.is_set():
            done["written"] += 1
            token = {"token": str(done["written"])}
            await other.set_credential(owner, "default", "w", "bearer", token)

    async with asyncio.TaskGroup() as group:
        for work in (read(registry), read(other), write()):
            group.create_task(work)
        for _ in range(3):
            await change(registry)
        over.set()
    assert min(done.values()) > 20
    assert await state(registry) == [(True, MANY + 2)]


async def change(registry: Registry) -> None:
    """Rotate to a new key and retire the old ones, as soon as that is safe."""
    new = (await registry.begin_rotation()).key
    while True:
        await finish(registry)
        old = [use for use in await registry.list_keys() if use.id != new]
        if not any(use.secrets for use in old):
            break
    for use in old:
        await registry.retire_key(use.id)


async def test_what_was_sealed_just_before_a_new_key_came_does_not_stay_behind(
    registry: Registry, owner: Caller, documents: MemoryDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted = documents.insert

    async def slowly(collection: Collection, document: Document) -> Document:
        if collection is CREDENTIALS:
            await registry.begin_rotation()
        return await inserted(collection, document)

    monkeypatch.setattr(documents, "insert", slowly)
    await registry.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    assert await state(registry) == [(True, 1), (False, 0)]


async def test_a_key_that_is_needed_is_not_retired(registry: Registry, owner: Caller) -> None:
    await set_many(registry, owner)
    (first,) = await registry.list_keys()
    await registry.begin_rotation()
    with pytest.raises(StateError, match=rf"still seals {MANY + 1} secrets"):
        await registry.retire_key(first.id)
    with pytest.raises(NotFoundError, match="alur keys list"):
        await registry.retire_key("none")


async def test_a_secret_whose_key_is_lost_stops_no_other(
    registry: Registry, owner: Caller, documents: MemoryDocuments
) -> None:
    await set_many(registry, owner)
    kept = await documents.get(CREDENTIALS, "default/default/c1")
    sealed = {**kept["sealed"], "keyId": "0" * 16}
    await documents.replace(CREDENTIALS, {**kept, "sealed": sealed})
    assert [use.is_missing for use in await registry.list_keys()] == [False, True]
    step = await registry.rotate_some()
    (failed,) = step.failed
    assert failed.startswith("credentials/default/default/c1: the master key 0000")


async def test_changes_of_keys_are_in_the_audit(registry: Registry, owner: Caller) -> None:
    (first,) = await registry.list_keys()
    new = await registry.begin_rotation()
    await registry.retire_key(first.id)
    rows = (await registry.list_audit(owner)).items[:2]
    assert [(row.action, row.resource, row.target) for row in rows] == [
        ("delete", "keys", first.id),
        ("create", "keys", new.key),
    ]
