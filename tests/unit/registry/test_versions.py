from __future__ import annotations

from typing import Any

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller
from alur_registry.adapters.stored import DRAFTS
from alur_registry.domain.entities import KeptWorkflow
from alur_registry.service import Registry
from alur_registry.service.publishing import Publishing
from alur_sdk.errors import ConflictError, InvalidError, NotFoundError
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
    draft = await three.get_draft(owner, "default", "orders")
    assert draft is not None
    assert (draft.document, draft.revision, draft.changed_by) == (document, 2, owner.user)
    record = await three.publish(owner, "default", "orders")
    assert (record.version, record.document["spec"]["title"]) == (4, "draft")
    assert await three.get_draft(owner, "default", "orders") is None


async def test_a_bad_draft_is_not_published(three: Registry, owner: Caller) -> None:
    await three.save_draft(owner, "default", "orders", {"kind": "half"})
    with pytest.raises(InvalidError):
        await three.publish(owner, "default", "orders")
    draft = await three.get_draft(owner, "default", "orders")
    assert draft is not None
    assert draft.document == {"kind": "half"}


async def test_without_draft_there_is_nothing_to_publish(three: Registry, owner: Caller) -> None:
    with pytest.raises(NotFoundError):
        await three.publish(owner, "default", "orders")


async def test_the_second_of_two_who_draw_is_refused(three: Registry, owner: Caller) -> None:
    place = (owner, "default", "orders")
    first = await three.save_draft(*place, {"by": "a"}, base=3, if_none_match=True)
    for seen in ({"if_none_match": True}, {"if_match": first.revision + 1}):
        with pytest.raises(ConflictError, match="orders"):
            await three.save_draft(*place, {"by": "b"}, base=3, **seen)
    again = await three.save_draft(*place, {"by": "a"}, base=3, if_match=first.revision)
    assert again.revision == first.revision + 1


async def test_a_draft_that_was_published_is_not_written_again(
    three: Registry, owner: Caller, document: Doc
) -> None:
    place = (owner, "default", "orders")
    document["spec"]["title"] = "drawn"
    stale = await three.save_draft(*place, document, base=3, if_none_match=True)
    await three.publish(*place, if_match=3)
    with pytest.raises(ConflictError):
        await three.save_draft(*place, {"late": True}, base=3, if_match=stale.revision)
    fresh = await three.save_draft(*place, {"by": "b"}, base=4, if_none_match=True)
    assert fresh.revision == stale.revision
    with pytest.raises(ConflictError):
        await three.save_draft(*place, {"late": True}, base=3, if_match=stale.revision)


async def test_a_dropped_draft_is_gone(three: Registry, owner: Caller) -> None:
    place = (owner, "default", "orders")
    draft = await three.save_draft(*place, {"kind": "half"})
    with pytest.raises(ConflictError):
        await three.delete_draft(*place, if_match=draft.revision + 1)
    await three.delete_draft(*place, if_match=draft.revision)
    with pytest.raises(ConflictError):
        await three.delete_draft(*place, if_match=draft.revision)
    await three.delete_draft(*place)
    assert await three.get_draft(*place) is None


async def test_publishing_a_document_of_ones_own_leaves_the_draft_of_others(
    three: Registry, owner: Caller, document: Doc
) -> None:
    place = (owner, "default", "orders")
    theirs = await three.save_draft(*place, {"by": "b"}, base=3)
    document["spec"]["title"] = "mine"
    await three.publish(*place, document)
    assert await three.get_draft(*place) == theirs


async def test_publishing_removes_the_draft_that_was_drawn_from_and_no_newer(
    three: Registry, owner: Caller, document: Doc
) -> None:
    place = (owner, "default", "orders")
    mine = await three.save_draft(*place, document, base=3)
    newer = await three.save_draft(*place, {"by": "b"}, base=3)
    document["spec"]["title"] = "mine"
    await three.publish(*place, document, draft=mine.revision)
    assert await three.get_draft(*place) == newer
    document["spec"]["title"] = "theirs"
    await three.publish(*place, document, draft=newer.revision)
    assert await three.get_draft(*place) is None


async def test_a_draft_that_is_written_while_one_is_published_stays(
    three: Registry, owner: Caller, document: Doc, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = (owner, "default", "orders")
    document["spec"]["title"] = "drawn"
    await three.save_draft(*place, document, base=3)
    put = Publishing.put

    async def slow(self: Publishing, *records: Any) -> KeptWorkflow:
        await three.save_draft(*place, {"by": "b"}, base=3)
        return await put(self, *records)

    monkeypatch.setattr(Publishing, "put", slow)
    record = await three.publish(*place)
    assert record.document["spec"]["title"] == "drawn"
    kept = await three.get_draft(*place)
    assert kept is not None
    assert kept.document == {"by": "b"}


async def test_a_workflow_that_is_not_there_has_no_draft(registry: Registry, owner: Caller) -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        await registry.save_draft(owner, "default", "ghost", {"by": "a"})
    assert await registry.get_draft(owner, "default", "ghost") is None


@pytest.mark.parametrize("is_apply", [False, True])
async def test_a_new_workflow_begins_without_the_draft_of_one_before(
    three: Registry, owner: Caller, document: Doc, documents: MemoryDocuments, *, is_apply: bool
) -> None:
    place = (owner, "default", "orders")
    await three.save_draft(*place, {"by": "a"})
    [left] = await documents.find(DRAFTS, [])
    await three.delete_workflow(*place)
    assert await three.get_draft(*place) is None
    await documents.insert(DRAFTS, left)  # as a crash within the delete leaves it
    await three.save(owner, "default", document, if_none_match=not is_apply)
    assert await three.get_draft(*place) is None


async def test_drafts_go_with_their_project(
    registry: Registry, owner: Caller, document: Doc, documents: MemoryDocuments
) -> None:
    for project in ("other", "other-one"):
        await registry.create_project(owner, project)
        document["metadata"]["namespace"] = project
        await registry.save(owner, project, document)
        await registry.save_draft(owner, project, "orders", {"by": project})
    [_, left] = await documents.find(DRAFTS, [])
    await registry.delete_workflow(owner, "other", "orders")
    await documents.insert(DRAFTS, left)  # as a crash within the delete leaves it
    await registry.delete_project(owner, "other")
    await registry.create_project(owner, "other")
    assert await registry.get_draft(owner, "other", "orders") is None
    assert await registry.get_draft(owner, "other-one", "orders") is not None
