from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from alur_common.definitions import WorkflowRecord
from alur_common.security.rights import Caller
from alur_registry.service import Registry
from alur_sdk.errors import (
    ConflictError,
    ExistsError,
    ForbiddenError,
    InvalidError,
    ManagedError,
    NotFoundError,
)
from tests.unit.registry.world import CallerOf, Doc, RememberingBus


async def save(registry: Registry, owner: Caller, document: Doc, **kwargs: Any) -> WorkflowRecord:
    return (await registry.save(owner, "default", document, **kwargs))[0]


def retitled(document: Doc, title: str) -> Doc:
    return {**document, "spec": {**document["spec"], "title": title}}


async def test_the_first_save_makes_version_one(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    record, created = await registry.save(owner, "default", document)
    assert (created, record.version, record.revision) == (True, 1, 1)


async def test_the_same_document_changes_nothing(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    first = await save(registry, owner, document)
    again, created = await registry.save(owner, "default", deepcopy(document))
    assert (created, again) == (False, first)


async def test_defaults_written_out_make_no_version(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document)
    spelled = deepcopy(document)
    spelled["spec"]["edges"][0]["output"] = "main"
    assert (await save(registry, owner, spelled)).version == 1


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", None])
async def test_a_value_of_another_type_is_another_spec(
    registry: Registry, owner: Caller, document: Doc, value: object
) -> None:
    document["spec"]["nodes"][0]["params"]["fields"]["id"] = False
    await save(registry, owner, document)
    document["spec"]["nodes"][0]["params"]["fields"]["id"] = value
    assert (await save(registry, owner, document)).version == 2


async def test_a_changed_spec_is_the_next_version_and_is_told(
    registry: Registry, owner: Caller, document: Doc, bus: RememberingBus
) -> None:
    await save(registry, owner, document)
    second = await save(registry, owner, retitled(document, "Other"))
    assert (second.version, second.revision) == (2, 2)
    assert [(e.key, e.version) for e in bus.events] == [(second.uid, 1), (second.uid, 2)]


async def test_changed_labels_make_a_revision_and_no_version(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document)
    document["metadata"]["labels"] = {"team": "sales"}
    record = await save(registry, owner, document)
    assert (record.version, record.revision) == (1, 2)


async def test_the_document_is_kept_as_it_was_written(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    record = await save(registry, owner, document)
    document["metadata"]["namespace"] = "default"
    assert record.document == document
    assert str(record.document["spec"]["triggers"][0]["position"]) == "{'x': 640, 'y': 1.5}"


async def test_what_the_server_owns_is_ignored_on_the_way_in(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    first = await save(registry, owner, document)
    shown = await registry.shown(first)
    assert await save(registry, owner, shown) == first


async def test_what_is_wrong_is_refused_with_its_path(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    document["spec"]["nodes"][0]["paramz"] = {}
    with pytest.raises(InvalidError) as raised:
        await save(registry, owner, document)
    assert "spec.nodes[0].paramz" in {problem.path for problem in raised.value.problems}


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"name": "other"}, "metadata.name"),
        ({"name": "orders", "namespace": "shop"}, "metadata.namespace"),
    ],
)
async def test_a_document_for_another_place_is_refused(
    registry: Registry, owner: Caller, document: Doc, metadata: Doc, path: str
) -> None:
    document["metadata"] = metadata
    with pytest.raises(InvalidError) as raised:
        await save(registry, owner, document, name="orders")
    assert raised.value.problems[0].path == path


async def test_a_stale_writer_is_refused(registry: Registry, owner: Caller, document: Doc) -> None:
    await save(registry, owner, document)
    await save(registry, owner, retitled(document, "Mine"), if_match=1)
    with pytest.raises(ConflictError):
        await save(registry, owner, retitled(document, "Theirs"), if_match=1)


async def test_a_match_with_nothing_is_refused(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    with pytest.raises(ConflictError):
        await save(registry, owner, document, if_match=1)


async def test_if_none_match_never_replaces(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document, if_none_match=True)
    with pytest.raises(ExistsError):
        await save(registry, owner, retitled(document, "x"), if_none_match=True)


async def test_a_dry_run_says_what_would_be_and_keeps_nothing(
    registry: Registry, owner: Caller, document: Doc, bus: RememberingBus
) -> None:
    record, created = await registry.save(owner, "default", document, dry_run=True)
    assert (created, record.version) == (True, 1)
    assert (await registry.list_workflows(owner, "default")).items == []
    assert bus.events == []


async def test_writers_without_match_all_get_through(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document)
    titles = [f"title {number}" for number in range(4)]
    await asyncio.gather(*(save(registry, owner, retitled(document, t)) for t in titles))
    assert (await registry.get_workflow(owner, "default", "orders")).version == 5


async def test_a_workflow_of_kubernetes_is_changed_there_only(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document, managed_by="kubernetes")
    with pytest.raises(ManagedError, match="Kubernetes"):
        await save(registry, owner, retitled(document, "x"))
    with pytest.raises(ManagedError, match="Kubernetes"):
        await registry.delete_workflow(owner, "default", "orders")
    changed = await save(registry, owner, retitled(document, "x"), managed_by="kubernetes")
    assert changed.version == 2


async def test_to_speak_for_kubernetes_takes_a_right_of_its_own(
    registry: Registry, caller_of: CallerOf, document: Doc
) -> None:
    editor = await caller_of("editor")
    with pytest.raises(ForbiddenError, match="may not manage"):
        await save(registry, editor, document, managed_by="kubernetes")


async def test_nobody_but_kubernetes_manages_workflows(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    with pytest.raises(InvalidError, match="manages no workflows"):
        await save(registry, owner, document, managed_by="somebody")


async def test_a_patch_changes_what_it_names(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document)
    patch = {"metadata": {"labels": {"team": "x"}}, "spec": {"title": None, "suspend": True}}
    record = await registry.patch_workflow(owner, "default", "orders", patch)
    assert record.is_suspended
    assert "title" not in record.document["spec"]
    assert record.document["metadata"]["labels"] == {"team": "x"}


async def test_a_patch_that_is_no_object_is_refused(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    await save(registry, owner, document)
    with pytest.raises(InvalidError):
        await registry.patch_workflow(owner, "default", "orders", [])


async def test_pages_follow_one_another_without_gap(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    names = [f"w{number}" for number in range(7)]
    for name in names:
        await save(registry, owner, {**document, "metadata": {"name": name}})
    seen, cursor = [], None
    while True:
        page = await registry.list_workflows(owner, "default", limit=3, cursor=cursor)
        seen += [record.name for record in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == names


async def test_a_search_reads_names_and_titles(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    for number in range(5):
        titled = retitled(document, f"Title {number}")
        await save(registry, owner, {**titled, "metadata": {"name": f"w{number}"}})
    page = await registry.list_workflows(owner, "default", search="TITLE 3", limit=1)
    assert [record.name for record in page.items] == ["w3"]


@pytest.mark.parametrize("cursor", ["x", "e30", "WzFd", "W1tdLFtdXQ", "é"])
async def test_a_made_up_cursor_is_refused(registry: Registry, owner: Caller, cursor: str) -> None:
    with pytest.raises(InvalidError, match="cursor"):
        await registry.list_workflows(owner, "default", cursor=cursor)


async def test_deleting_removes_and_tells_and_keeps_versions(
    registry: Registry, owner: Caller, document: Doc, bus: RememberingBus
) -> None:
    record = await save(registry, owner, document)
    await registry.delete_workflow(owner, "default", "orders", if_match=record.revision)
    assert bus.events[-1].deleted
    assert registry.find_hook(record.hook_id) is None
    with pytest.raises(NotFoundError):
        await registry.active(owner.tenant, "default", "orders")
    assert (await registry.version(record.uid, 1)).document == record.document


async def test_a_recreated_name_is_another_workflow(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    first = await save(registry, owner, document)
    await registry.delete_workflow(owner, "default", "orders")
    second = await save(registry, owner, document)
    assert second.version == 1
    assert first.uid != second.uid
    assert first.hook_id != second.hook_id


async def test_a_stale_delete_is_refused(registry: Registry, owner: Caller, document: Doc) -> None:
    await save(registry, owner, document)
    with pytest.raises(ConflictError):
        await registry.delete_workflow(owner, "default", "orders", if_match=7)


async def test_hooks_are_found_at_once_and_after_a_restart(
    registry: Registry, owner: Caller, document: Doc, rebuild: Callable[[], Registry]
) -> None:
    record = await save(registry, owner, document)
    again = rebuild()
    await again.start()
    assert len(record.hook_id) == 32
    assert registry.find_hook(record.hook_id) == again.find_hook(record.hook_id) == record


async def test_a_hook_shows_the_newest_version(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    record = await save(registry, owner, document)
    await save(registry, owner, retitled(document, "x"))
    found = registry.find_hook(record.hook_id)
    assert found is not None
    assert found.version == 2


async def test_a_workflow_without_webhook_has_no_hook(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    record = await save(registry, owner, document)
    document["spec"] |= {"triggers": [], "edges": []}
    await save(registry, owner, document)
    assert registry.find_hook(record.hook_id) is None


async def test_active_is_never_older_than_the_last_save(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    for number in range(1, 4):
        await save(registry, owner, retitled(document, str(number)))
        assert (await registry.active(owner.tenant, "default", "orders")).version == number


async def test_every_workflow_is_walked_for_the_scheduler(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    for number in range(5):
        await save(registry, owner, {**document, "metadata": {"name": f"w{number}"}})
    first = await registry.all_active(limit=3)
    rest = await registry.all_active(first.next_cursor, limit=3)
    assert [r.name for r in first.items + rest.items] == ["w0", "w1", "w2", "w3", "w4"]


async def test_an_unknown_project_is_made_by_who_may(
    registry: Registry, owner: Caller, document: Doc, caller_of: CallerOf
) -> None:
    with pytest.raises(NotFoundError):
        await registry.save(await caller_of("editor"), "shop", document)
    record, _ = await registry.save(owner, "shop", document)
    assert record.document["metadata"]["namespace"] == "shop"


async def test_a_credential_may_be_named_by_who_may_use_it(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    document["spec"]["triggers"][0]["credentials"] = {"auth": "secret"}
    made = await registry.create_token(owner, name="t", scopes=["workflows:*"])
    caller = await registry.authenticate(bearer=made.secret)
    with pytest.raises(ForbiddenError, match=r"spec\.triggers\[0\]\.credentials\.auth"):
        await registry.save(caller, "default", document)
    await registry.save(owner, "default", document)
    # What was named before may stay.
    assert (await save(registry, caller, retitled(document, "x"))).version == 2


async def test_what_is_no_name_of_a_project_is_told_as_the_projects(
    registry: Registry, owner: Caller, document: Doc
) -> None:
    with pytest.raises(InvalidError) as raised:
        await registry.save(owner, "Shop X", {**document, "metadata": {"name": "w"}})
    assert [problem.path for problem in raised.value.problems] == ["project"]
