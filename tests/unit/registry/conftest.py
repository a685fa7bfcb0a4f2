"""A registry on documents in memory, with a clock that tests move and a bus that remembers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller, Role
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from tests.unit.registry.world import CallerOf, MovingClock, RememberingBus


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def bus() -> RememberingBus:
    return RememberingBus()


@pytest.fixture
def documents(clock: MovingClock) -> MemoryDocuments:
    return MemoryDocuments(clock)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, public_url="http://alur.test")


@pytest.fixture
def rebuild(
    documents: MemoryDocuments, bus: RememberingBus, clock: MovingClock, settings: Settings
) -> Callable[[], Registry]:
    """Build one more registry on the same store, as a restart does."""
    return lambda: build(documents, bus, clock, SystemIds(clock), settings)


@pytest.fixture
async def registry(rebuild: Callable[[], Registry]) -> Registry:
    registry = rebuild()
    await registry.start()
    await registry.ensure_owner()
    return registry


@pytest.fixture
async def owner(registry: Registry) -> Caller:
    return await registry.owner()


@pytest.fixture
def caller_of(registry: Registry, owner: Caller) -> CallerOf:
    """Return a caller who signed in with this role."""

    async def sign_in(role: Role) -> Caller:
        member = await registry.add_member(owner, name=role, role=role)
        session = await registry.sign_in(await registry.invite_member(owner, member.id))
        return await registry.authenticate(cookie=session.access)

    return sign_in


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "orders"},
        "spec": {
            "title": "Orders",
            "triggers": [
                {
                    "name": "order placed",
                    "type": "trigger.webhook",
                    "params": {"path": "orders"},
                    "position": {"x": 640, "y": 1.5},
                }
            ],
            "nodes": [{"name": "shape", "type": "core.set", "params": {"fields": {"id": 1.0}}}],
            "edges": [{"from": "order placed", "to": "shape"}],
        },
    }
