from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Document
from alur_common.security.rights import Caller
from alur_registry.adapters.stored import AUDIT, HEADS
from alur_registry.service import Registry
from alur_sdk.errors import ForbiddenError
from tests.unit.registry.world import CallerOf

Change = Callable[[Document], Document]


@pytest.fixture
async def told(registry: Registry, owner: Caller) -> Registry:
    for number in range(5):
        await registry.set_variable(owner, "default", f"V{number}", number)
    return registry


async def test_signing_in_and_out_is_told(registry: Registry, owner: Caller) -> None:
    session = await registry.sign_in(await registry.new_sign_in_link())
    await registry.sign_out(await registry.authenticate(cookie=session.access))
    rows = (await registry.list_audit(owner)).items
    assert [(row.action, row.target) for row in rows] == [
        ("sign-out", session.id),
        ("sign-in", session.id),
    ]


async def rewrite(documents: MemoryDocuments, which: int, **changes: Any) -> None:
    row = await documents.get(AUDIT, f"default/{which:012d}")
    await documents.replace(AUDIT, {**row, **changes})


async def test_every_write_is_there_newest_first(told: Registry, owner: Caller) -> None:
    page = await told.list_audit(owner, limit=3)
    rest = await told.list_audit(owner, limit=3, cursor=page.next_cursor)
    assert [row.target for row in page.items + rest.items] == ["V4", "V3", "V2", "V1", "V0"]
    assert page.items[0].shown()["user"] == owner.user


async def test_an_untouched_chain_holds(told: Registry, owner: Caller) -> None:
    assert await told.verify_audit(owner) == {"valid": True, "rows": 5, "firstBad": None}


async def test_an_empty_chain_holds(registry: Registry, owner: Caller) -> None:
    assert (await registry.verify_audit(owner))["valid"]


@pytest.mark.parametrize("number", [1, 3, 5])
async def test_an_edited_row_is_named(
    told: Registry, owner: Caller, documents: MemoryDocuments, number: int
) -> None:
    await rewrite(documents, number, user="somebody")
    assert (await told.verify_audit(owner))["firstBad"] == number


@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_deleted_row_is_named(
    told: Registry, owner: Caller, documents: MemoryDocuments, number: int
) -> None:
    await documents.delete(AUDIT, f"default/{number:012d}")
    assert (await told.verify_audit(owner))["firstBad"] == number


async def test_swapped_rows_are_named(
    told: Registry, owner: Caller, documents: MemoryDocuments
) -> None:
    await rewrite(documents, 3, number=4)
    await rewrite(documents, 4, number=3)
    assert (await told.verify_audit(owner))["firstBad"] == 3


async def test_a_forged_head_is_found(
    told: Registry, owner: Caller, documents: MemoryDocuments
) -> None:
    await documents.delete(AUDIT, "default/000000000005")
    row = await documents.get(AUDIT, "default/000000000004")
    head = await documents.get(HEADS, "default")
    await documents.replace(HEADS, {**head, "number": 4, "hash": row["hash"]})
    assert not (await told.verify_audit(owner))["valid"]


async def test_two_processes_append_to_one_chain(
    told: Registry, owner: Caller, rebuild: Callable[[], Registry]
) -> None:
    other = rebuild()
    for number in range(3):
        await other.record(owner, "cancel", "executions", f"a{number}", project="default")
        await told.record(owner, "cancel", "executions", f"b{number}", reason="test")
    assert await other.verify_audit(owner) == {"valid": True, "rows": 11, "firstBad": None}


async def test_only_who_administers_reads_it(told: Registry, caller_of: CallerOf) -> None:
    with pytest.raises(ForbiddenError):
        await told.list_audit(await caller_of("editor"))
    assert (await told.list_audit(await caller_of("admin"))).items
