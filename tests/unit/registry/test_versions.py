from __future__ import annotations

import pytest

from alur_common.security.rights import Caller
from alur_registry.service import Registry
from alur_sdk.errors import InvalidError, NotFoundError
from tests.unit.registry.world import Doc


@pytest.fixture
async def three(registry: Registry, owner: Caller, document: Doc) -> Registry:
    for number in range(1, 4):
        document["spec"]["title"] = f"v{number}"
        await registry.save(owner, "default", document)
    return registry


async def test_versions_are_listed_newest_first(three: Registry, owner: Caller) -> None:
    page = await three.list_versions(owner, "default", "orders", limit=2)
    rest = await three.list_versions(owner, "default", "orders", limit=2, cursor=page.next_cursor)
    assert [v.version for v in page.items + rest.items] == [3, 2, 1]
    assert [v.document["spec"]["title"] for v in rest.items] == ["v1"]


async def test_each_version_keeps_its_document(three: Registry, owner: Caller) -> None:
    for number in (1, 2, 3):
        version = await three.get_version(owner, "default", "orders", number)
        assert version.document["spec"]["title"] == f"v{number}"
        assert version.created_by == owner.user


@pytest.mark.parametrize("number", [-1, 0, 4])
async def test_an_unknown_version_is_not_found(three: Registry, owner: Caller, number: int) -> None:
    with pytest.raises(NotFoundError):
        await three.get_version(owner, "default", "orders", number)


async def test_an_unknown_version_of_a_uid_is_not_found(three: Registry, owner: Caller) -> None:
    uid = (await three.get_workflow(owner, "default", "orders")).uid
    with pytest.raises(NotFoundError):
        await three.version(uid, 4)


async def test_restoring_makes_a_new_version(three: Registry, owner: Caller) -> None:
    record = await three.restore_version(owner, "default", "orders", 1, if_match=3)
    assert (record.version, record.document["spec"]["title"]) == (4, "v1")


async def test_a_draft_becomes_a_version_when_published(
    three: Registry, owner: Caller, document: Doc
) -> None:
    document["spec"]["title"] = "draft"
    await three.save_draft(owner, "default", "orders", {"kind": "half"})
    await three.save_draft(owner, "default", "orders", document)
    assert await three.get_draft(owner, "default", "orders") == document
    record = await three.publish(owner, "default", "orders")
    assert (record.version, record.document["spec"]["title"]) == (4, "draft")
    assert await three.get_draft(owner, "default", "orders") is None


async def test_a_bad_draft_is_not_published(three: Registry, owner: Caller) -> None:
    await three.save_draft(owner, "default", "orders", {"kind": "half"})
    with pytest.raises(InvalidError):
        await three.publish(owner, "default", "orders")
    assert await three.get_draft(owner, "default", "orders") == {"kind": "half"}


async def test_without_draft_there_is_nothing_to_publish(three: Registry, owner: Caller) -> None:
    with pytest.raises(NotFoundError):
        await three.publish(owner, "default", "orders")
