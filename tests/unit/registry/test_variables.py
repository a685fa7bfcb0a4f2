from __future__ import annotations

import pytest

from alur_common.security.rights import Caller
from alur_registry.service import Registry
from alur_sdk.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.unit.registry.world import CallerOf


async def test_executions_read_what_was_set_last(registry: Registry, owner: Caller) -> None:
    for value in (1, {"a": [True, None]}):
        await registry.set_variable(owner, "default", "LIMIT", value)
        assert await registry.variables(owner.tenant, "default") == {"LIMIT": value}
    assert (await registry.get_variable(owner, "default", "LIMIT")).shown()["value"] == value


async def test_variables_are_those_of_their_project(registry: Registry, owner: Caller) -> None:
    await registry.set_variable(owner, "shop", "A", 1)
    assert await registry.variables(owner.tenant, "default") == {}
    assert [v.name for v in (await registry.list_variables(owner, "shop")).items] == ["A"]


async def test_a_variable_is_replaced_only_as_it_was_seen(
    registry: Registry, owner: Caller
) -> None:
    made = await registry.set_variable(owner, "default", "A", 1, 0)
    with pytest.raises(ConflictError, match="is there already"):
        await registry.set_variable(owner, "default", "A", 2, 0)
    await registry.set_variable(owner, "default", "A", 3, made.revision)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await registry.set_variable(owner, "default", "A", 4, made.revision)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await registry.set_variable(owner, "default", "GONE", 4, made.revision)
    assert (await registry.get_variable(owner, "default", "A")).value == 3


async def test_a_deleted_variable_is_gone(registry: Registry, owner: Caller) -> None:
    await registry.set_variable(owner, "default", "A", 1)
    await registry.variables(owner.tenant, "default")
    await registry.delete_variable(owner, "default", "A")
    assert await registry.variables(owner.tenant, "default") == {}
    with pytest.raises(NotFoundError):
        await registry.delete_variable(owner, "default", "A")
    with pytest.raises(NotFoundError):
        await registry.get_variable(owner, "default", "A")


async def test_a_variable_is_deleted_only_as_it_was_seen(registry: Registry, owner: Caller) -> None:
    made = await registry.set_variable(owner, "default", "A", 1)
    kept = await registry.set_variable(owner, "default", "A", 2)
    with pytest.raises(ConflictError, match="the variable A changed meanwhile"):
        await registry.delete_variable(owner, "default", "A", if_match=made.revision)
    assert await registry.variables(owner.tenant, "default") == {"A": 2}
    await registry.delete_variable(owner, "default", "A", if_match=kept.revision)
    assert await registry.variables(owner.tenant, "default") == {}


@pytest.mark.parametrize(
    ("name", "value"), [("1A", 1), ("a-b", 1), ("", 1), ("A", {1}), ("A", "x" * 70_000)]
)
async def test_a_wrong_variable_is_refused(
    registry: Registry, owner: Caller, name: str, value: object
) -> None:
    with pytest.raises(InvalidError):
        await registry.set_variable(owner, "default", name, value)


async def test_an_operator_reads_and_does_not_write(
    registry: Registry, owner: Caller, caller_of: CallerOf
) -> None:
    operator = await caller_of("operator")
    assert (await registry.list_variables(operator, "default")).items == []
    with pytest.raises(ForbiddenError):
        await registry.set_variable(operator, "default", "A", 1)


async def test_node_types_are_there_for_everyone(registry: Registry, caller_of: CallerOf) -> None:
    viewer = await caller_of("viewer")
    names = [entry["type"] for entry in await registry.list_node_types(viewer)]
    assert "core.set" in names
    assert (await registry.get_node_type(viewer, "core.set"))["label"]
    with pytest.raises(NotFoundError):
        await registry.get_node_type(viewer, "core.nothing")
