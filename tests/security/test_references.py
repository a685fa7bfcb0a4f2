"""Attack 23 of the security checklist: what a workflow names is authorized at save, however deep it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.security.rights import Caller
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from alur_sdk.errors import ForbiddenError
from tests.unit.registry.world import MovingClock, RememberingBus

NAMING: dict[str, tuple[str, dict[str, Any], str]] = {
    "credential": (
        "credentials:use",
        {
            "nodes": [
                {
                    "name": "a",
                    "type": "http.request",
                    "params": {"url": "https://a.example"},
                    "credentials": {"auth": "theirs"},
                }
            ]
        },
        "spec.nodes[0].credentials.auth",
    ),
    "workflow": (
        "workflows:execute",
        {"nodes": [{"name": "a", "type": "core.workflow", "params": {"workflow": "theirs"}}]},
        "spec.nodes[0].params.workflow",
    ),
    "error workflow": (
        "workflows:execute",
        {"nodes": [{"name": "a", "type": "core.noop"}], "settings": {"errorWorkflow": "theirs"}},
        "spec.settings.errorWorkflow",
    ),
    "variable": (
        "variables:read",
        {
            "nodes": [
                {
                    "name": "a",
                    "type": "core.set",
                    "params": {"fields": {"a": {"b": {"c": ["{{ $vars.THEIRS }}"]}}}},
                }
            ]
        },
        "spec.nodes[0].params.fields.a.b.c[0]",
    ),
    "pool": (
        "pools:use",
        {"nodes": [{"name": "a", "type": "core.noop", "pool": "theirs"}]},
        "spec.nodes[0].pool",
    ),
    "topic": (
        "topics:use",
        {"nodes": [{"name": "a", "type": "kafka.produce", "params": {"topic": "theirs"}}]},
        "spec.nodes[0].params.topic",
    ),
}
"""What is named -> the right that it takes, a workflow that names it, and where."""
ALL = frozenset(right for right, _, _ in NAMING.values()) | {"workflows:write", "workflows:read"}
WAYS = [pytest.param(*case, id=what.replace(" ", "-")) for what, case in NAMING.items()]


def document(spec: dict[str, Any], name: str = "orders") -> dict[str, Any]:
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": spec,
    }


@pytest.fixture
async def registry(tmp_path: Path) -> Registry:
    clock = MovingClock()
    settings = Settings(data=tmp_path, pool_projects="gpu=vision ml")
    registry = build(MemoryDocuments(clock), RememberingBus(), clock, SystemIds(clock), settings)
    await registry.start()
    await registry.ensure_owner()
    return registry


@pytest.fixture
async def owner(registry: Registry) -> Caller:
    return await registry.owner()


@pytest.mark.parametrize(("right", "spec", "path"), WAYS)
async def test_23_what_is_named_takes_the_right_to_it_at_save(
    registry: Registry, owner: Caller, right: str, spec: dict[str, Any], path: str
) -> None:
    lacking = replace(owner, scopes=ALL - {right})
    with pytest.raises(ForbiddenError) as refused:
        await registry.save(lacking, "default", document(spec))
    assert refused.value.message.startswith(f"{path}: ")
    assert refused.value.details["path"] == path
    with pytest.raises(ForbiddenError):
        await registry.save(lacking, "default", document(spec), dry_run=True)
    await registry.save(replace(owner, scopes=ALL), "default", document(spec))


@pytest.mark.parametrize(("right", "spec", "path"), WAYS)
async def test_23_what_was_named_before_may_stay(
    registry: Registry, owner: Caller, right: str, spec: dict[str, Any], path: str
) -> None:
    await registry.save(owner, "default", document(spec))
    lacking = replace(owner, scopes=ALL - {right})
    record, _ = await registry.save(lacking, "default", document({**spec, "title": "New"}))
    assert record.version == 2


async def test_23_what_was_named_before_is_turned_to_no_other_purpose(
    registry: Registry, owner: Caller
) -> None:
    right, spec, path = NAMING["credential"]
    await registry.save(owner, "default", document(spec))
    lacking = replace(owner, scopes=ALL - {right})
    (step,) = spec["nodes"]
    elsewhere = {**step, "params": {"url": "https://evil.example"}}
    before = {"name": "b", "type": "core.set", "params": {"fields": {"url": "evil"}}}
    edges = [{"from": "b", "to": "a"}]
    for changed in (
        {"nodes": [elsewhere]},
        {"nodes": [step, {**elsewhere, "name": "b"}]},
        {"nodes": [step, before], "edges": edges},
    ):
        with pytest.raises(ForbiddenError, match=path.replace("[", r"\[")):
            await registry.save(lacking, "default", document(changed))


@pytest.mark.parametrize("way", ["patch", "publish", "restore"])
async def test_23_no_way_of_saving_goes_around_it(
    registry: Registry, owner: Caller, way: str
) -> None:
    right, spec, _ = NAMING["workflow"]
    lacking = replace(owner, scopes=ALL - {right})
    harmless = {"nodes": [{"name": "a", "type": "core.noop"}]}
    await registry.save(owner, "default", document(spec))
    await registry.save(owner, "default", document(harmless))
    if way == "publish":
        await registry.save_draft(lacking, "default", "orders", document(spec))
    saving = {
        "patch": lambda: registry.patch_workflow(lacking, "default", "orders", {"spec": spec}),
        "publish": lambda: registry.publish(lacking, "default", "orders"),
        "restore": lambda: registry.restore_version(lacking, "default", "orders", 1),
    }
    with pytest.raises(ForbiddenError, match=r"params\.workflow"):
        await saving[way]()


async def test_23_a_pool_that_is_kept_for_other_projects_is_refused(
    registry: Registry, owner: Caller
) -> None:
    spec = {"nodes": [{"name": "a", "type": "core.noop", "pool": "gpu"}]}
    with pytest.raises(ForbiddenError, match=r"spec.nodes\[0\].pool: the pool gpu is kept"):
        await registry.save(owner, "default", document(spec))
    await registry.save(owner, "vision", document(spec))


async def test_23_rights_that_were_lost_since_are_told_and_whoever_saves_it_takes_it_over(
    registry: Registry, owner: Caller
) -> None:
    member = await registry.add_member(owner, name="Ed", role="editor")
    session = await registry.sign_in(await registry.invite_member(owner, member.id))
    editor = await registry.authenticate(cookie=session.access)
    record, _ = await registry.save(editor, "default", document(NAMING["workflow"][1]))
    assert "workflows:execute" in await registry.granted("default", "default", member.id)
    await registry.remove_member(owner, member.id)
    assert await registry.granted("default", "default", member.id) == []
    shown = await registry.shown(await registry.get_workflow(owner, "default", "orders"), owner)
    told = {one["type"]: one for one in shown["status"]["conditions"]}["Permitted"]
    assert (told["status"], told["message"].partition(":")[0]) == (
        "False",
        "spec.nodes[0].params.workflow",
    )
    lacking = replace(owner, scopes=ALL - {"workflows:execute"})
    with pytest.raises(ForbiddenError):
        await registry.save(lacking, "default", record.document)
    taken, _ = await registry.save(owner, "default", record.document)
    assert taken.version == 2
    assert (await registry.version(taken.uid, 2)).created_by == owner.user
    again, _ = await registry.save(owner, "default", record.document)
    assert again.version == 2
