from __future__ import annotations

from collections.abc import Callable

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller
from alur_registry.adapters.stored import MEMBERS, TENANTS
from alur_registry.service import Registry
from alur_sdk.errors import (
    ExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
)
from tests.unit.registry.world import CallerOf, Doc


async def test_the_first_run_happens_once(
    registry: Registry, owner: Caller, rebuild: Callable[[], Registry]
) -> None:
    assert (await registry.ensure_owner()).user == owner.user
    assert (await rebuild().ensure_owner()).user == owner.user
    assert len((await registry.list_members(owner)).items) == 1
    assert [p.name for p in (await registry.list_projects(owner)).items] == ["default"]


async def test_a_first_run_that_was_cut_off_goes_on(
    rebuild: Callable[[], Registry], documents: MemoryDocuments
) -> None:
    first = await rebuild().ensure_owner()
    tenant = await documents.get(TENANTS, "default")
    await documents.replace(TENANTS, {**tenant, "is_ready": False})
    await documents.delete(MEMBERS, f"default/{first.user}")
    assert (await rebuild().ensure_owner()).user == first.user


async def test_a_removed_owner_never_comes_back(
    registry: Registry, owner: Caller, caller_of: CallerOf, rebuild: Callable[[], Registry]
) -> None:
    second = await caller_of("owner")
    await registry.remove_member(second, owner.user)
    assert (await rebuild().ensure_owner()).user == second.user


async def test_before_the_first_run_there_is_no_owner(rebuild: Callable[[], Registry]) -> None:
    with pytest.raises(NotFoundError):
        await rebuild().owner()


async def test_the_last_owner_stays(registry: Registry, owner: Caller, caller_of: CallerOf) -> None:
    for change in ({"role": "admin"}, {"projects": ["default"]}):
        with pytest.raises(StateError):
            await registry.change_member(owner, owner.user, **change)
    with pytest.raises(StateError):
        await registry.remove_member(owner, owner.user)
    await caller_of("owner")
    await registry.remove_member(owner, owner.user)


async def test_an_admin_neither_makes_nor_touches_owners(
    registry: Registry, owner: Caller, caller_of: CallerOf
) -> None:
    admin = await caller_of("admin")
    with pytest.raises(ForbiddenError):
        await registry.add_member(admin, name="x", role="owner")
    with pytest.raises(ForbiddenError):
        await registry.change_member(admin, admin.user, role="owner")
    with pytest.raises(ForbiddenError):
        await registry.invite_member(admin, owner.user)
    with pytest.raises(ForbiddenError):
        await registry.remove_member(admin, owner.user)


async def test_an_editor_manages_nobody(registry: Registry, caller_of: CallerOf) -> None:
    editor = await caller_of("editor")
    with pytest.raises(ForbiddenError):
        await registry.add_member(editor, name="x")
    with pytest.raises(ForbiddenError):
        await registry.invite_member(editor, editor.user)


async def test_a_member_of_a_project_sees_no_other(registry: Registry, owner: Caller) -> None:
    await registry.create_project(owner, "shop")
    member = await registry.add_member(owner, name="x", role="editor", projects=["shop"])
    session = await registry.sign_in(await registry.invite_member(owner, member.id))
    caller = await registry.authenticate(cookie=session.access)
    assert (await registry.list_workflows(caller, "shop")).items == []
    with pytest.raises(NotFoundError):
        await registry.list_workflows(caller, "default")
    with pytest.raises(ForbiddenError):
        await registry.list_members(caller)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"role": "king"}, {"projects": ["A B"]}])
async def test_a_wrong_member_is_refused(registry: Registry, owner: Caller, wrong: Doc) -> None:
    with pytest.raises(InvalidError):
        await registry.add_member(owner, **{"name": "x", **wrong})


@pytest.mark.parametrize("member", ["nobody", "../x", ""])
async def test_an_unknown_member_is_not_found(
    registry: Registry, owner: Caller, member: str
) -> None:
    with pytest.raises(NotFoundError):
        await registry.remove_member(owner, member)


async def test_a_name_is_changed(registry: Registry, owner: Caller) -> None:
    changed = await registry.change_member(owner, owner.user, name="Ani", projects=None)
    assert changed.shown()["name"] == "Ani"


async def test_a_project_is_made_once(registry: Registry, owner: Caller) -> None:
    made = await registry.create_project(owner, "shop", "The shop")
    assert (await registry.get_project(owner, "shop")).title == made.title == "The shop"
    with pytest.raises(ExistsError):
        await registry.create_project(owner, "shop")
    with pytest.raises(InvalidError):
        await registry.create_project(owner, "The Shop")


async def test_only_an_empty_project_is_deleted(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await registry.save(owner, "shop", document)
    with pytest.raises(StateError, match="workflows"):
        await registry.delete_project(owner, "shop")
    await registry.delete_workflow(owner, "shop", "orders")
    await registry.delete_project(owner, "shop")
    with pytest.raises(NotFoundError):
        await registry.list_workflows(owner, "shop")
    with pytest.raises(StateError):
        await registry.delete_project(owner, "default")
