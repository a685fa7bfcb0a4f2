"""Attack 27 of the security checklist: a ciphertext moved between tenants or credentials does not open."""

from __future__ import annotations

from pathlib import Path

import pytest

from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemClock, SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Document
from alur_common.security.rights import Caller
from alur_common.security.sealing import SealError
from alur_registry.adapters.stored import CREDENTIALS
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from alur_sdk.errors import NotFoundError

MINE, OTHER = "default/default/mine", "default/default/other"


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments(SystemClock())


@pytest.fixture
async def registry(documents: MemoryDocuments, tmp_path: Path) -> Registry:
    clock = SystemClock()
    registry = build(documents, InProcessBus(), clock, SystemIds(clock), Settings(data=tmp_path))
    owner = await registry.ensure_owner()
    for name in ("mine", "other"):
        await registry.set_credential(owner, "default", name, "bearer", {"token": f"of {name}"})
    return registry


@pytest.mark.parametrize("fields", [("sealed",), ("sealed", "uid"), ("sealed", "uid", "version")])
async def test_27_a_secret_copied_over_another_does_not_open(
    registry: Registry, documents: MemoryDocuments, fields: tuple[str, ...]
) -> None:
    other = await documents.get(CREDENTIALS, OTHER)
    mine = await documents.get(CREDENTIALS, MINE)
    await documents.replace(CREDENTIALS, {**mine, **{name: other[name] for name in fields}})
    with pytest.raises(SealError):
        await registry.unseal("default", "default", "mine")


async def test_27_a_secret_copied_to_another_tenant_does_not_open(
    registry: Registry, documents: MemoryDocuments
) -> None:
    mine: Document = await documents.get(CREDENTIALS, MINE)
    await documents.insert(CREDENTIALS, {**mine, "id": "evil/default/mine", "tenant": "evil"})
    with pytest.raises(SealError):
        await registry.unseal("evil", "default", "mine")


async def test_27_an_old_secret_put_back_under_a_newer_version_does_not_open(
    registry: Registry, documents: MemoryDocuments
) -> None:
    old = await documents.get(CREDENTIALS, MINE)
    owner = await registry.owner()
    await registry.set_credential(owner, "default", "mine", "bearer", {"token": "new"})
    new = await documents.get(CREDENTIALS, MINE)
    await documents.replace(CREDENTIALS, {**new, "sealed": old["sealed"]})
    with pytest.raises(SealError):
        await registry.unseal("default", "default", "mine")


async def test_22_what_belongs_to_another_tenant_does_not_exist(registry: Registry) -> None:
    stranger = Caller("evil", "u", "owner")
    for asked in (
        registry.get_credential(stranger, "default", "mine"),
        registry.delete_credential(stranger, "default", "mine"),
        registry.list_credentials(stranger, "default"),
        registry.list_workflows(stranger, "default"),
        registry.get_workflow(stranger, "default", "orders"),
        registry.get_project(stranger, "default"),
        registry.unseal("evil", "default", "mine"),
    ):
        with pytest.raises(NotFoundError):
            await asked
    assert (await registry.list_members(stranger)).items == []
    assert (await registry.list_tokens(stranger, everyone=True)).items == []
    assert (await registry.list_audit(stranger)).items == []


async def test_14_names_that_climb_name_nothing(registry: Registry) -> None:
    owner = await registry.owner()
    for name in ("../default/mine", "mine/", "/mine", "", "..", "mine\x00"):
        with pytest.raises(NotFoundError):
            await registry.get_credential(owner, "default", name)
