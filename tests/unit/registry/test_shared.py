"""Several processes on one store: none goes on with what another one changed."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from alur_sdk.errors import NotFoundError, UnauthenticatedError
from tests.unit.registry.world import Doc, MovingClock, RememberingBus


@pytest.fixture
def other(
    documents: MemoryDocuments, bus: RememberingBus, clock: MovingClock, settings: Settings
) -> Registry:
    shared = settings.model_copy(update={"mongo": SecretStr("mongodb://shared")})
    return build(documents, bus, clock, SystemIds(clock), shared)


async def test_a_hook_follows_its_workflow(
    registry: Registry, owner: Caller, other: Registry, bus: RememberingBus, document: Doc
) -> None:
    record, _ = await registry.save(owner, "default", document)
    await bus.handlers[0](bus.events[-1])
    assert other.find_hook(record.hook_id) == record
    await registry.delete_workflow(owner, "default", "orders")
    await bus.handlers[0](bus.events[-1])
    await bus.handlers[0](bus.events[0])
    assert other.find_hook(record.hook_id) is None


async def test_a_hook_that_was_missed_is_read_from_the_store(
    registry: Registry, owner: Caller, other: Registry, document: Doc
) -> None:
    record, _ = await registry.save(owner, "default", document)
    assert other.find_hook(record.hook_id) is None
    assert await other.load_hook(record.hook_id) == record
    assert await other.load_hook("0" * 32) is None


async def test_a_revoked_token_counts_elsewhere_for_seconds_at_most(
    registry: Registry, owner: Caller, other: Registry, clock: MovingClock
) -> None:
    made = await registry.create_token(owner, name="t")
    await other.authenticate(bearer=made.secret)
    await registry.revoke_token(owner, made.token.id)
    clock.seconds += 2.1
    with pytest.raises(UnauthenticatedError):
        await other.authenticate(bearer=made.secret)


async def test_a_deleted_credential_opens_elsewhere_for_seconds_at_most(
    registry: Registry, owner: Caller, other: Registry, clock: MovingClock
) -> None:
    await registry.set_credential(owner, "default", "c", "bearer", {"token": "1"})
    await other.unseal(owner.tenant, "default", "c")
    await registry.delete_credential(owner, "default", "c")
    clock.seconds += 2.1
    with pytest.raises(NotFoundError):
        await other.unseal(owner.tenant, "default", "c")
