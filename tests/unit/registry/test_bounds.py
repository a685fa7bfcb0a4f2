"""What a document is judged by before it is saved: of whom its bounds are, and what is known of them."""

from __future__ import annotations

import re
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
from alur_sdk.errors import InvalidError
from tests.unit.registry.world import MovingClock, RememberingBus

Doc = dict[str, Any]


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    more = getattr(request, "param", {})
    return Settings(data=tmp_path, outbound_projects="shop=10.0.0.0/8", **more)


@pytest.mark.parametrize(
    ("reach", "is_told"),
    [(None, True), (frozenset({"shop"}), True), (frozenset({"blog"}), False)],
)
async def test_what_a_project_may_reach_is_told_to_those_who_may_read_there_alone(
    owner: Caller,
    registry: Registry,
    document: Doc,
    reach: frozenset[str] | None,
    *,
    is_told: bool,
) -> None:
    document["metadata"]["namespace"] = "shop"
    params = {"url": "{{ $json.url }}"}
    document["spec"]["nodes"] = [{"name": "call", "type": "http.request", "params": params}]
    document["spec"]["edges"] = []
    verdict = await registry.validate(replace(owner, projects=reach), document)
    codes = [warning.code for warning in verdict.warnings]
    assert ("wide-outbound" in codes) is is_told


def asking(document: Doc, time: str) -> Doc:
    """Return the document with one node of code that may run so long."""
    params = {"code": "return items", "limits": {"time": time}}
    document["spec"]["nodes"] = [{"name": "work", "type": "core.code", "params": params}]
    document["spec"]["edges"] = []
    return document


ELSEWHERE = {"mongo": "mongodb://elsewhere"}


@pytest.mark.parametrize(
    ("settings", "is_refused"),
    [
        ({}, True),
        (ELSEWHERE, True),
        ({**ELSEWHERE, "code_max_seconds": 600.0}, False),
        ({"code_tenant_seconds": {"default": 600.0}}, False),
        ({"code_tenant_seconds": {"acme": 600.0}}, True),
        ({"code_max_seconds": 600.0, "code_tenant_seconds": {"default": 60.0}}, True),
        ({**ELSEWHERE, "code_tenant_seconds": {"default": 60.0}}, True),
    ],
    indirect=["settings"],
)
async def test_code_may_ask_for_no_more_time_than_its_tenant_has(
    owner: Caller, registry: Registry, document: Doc, *, is_refused: bool
) -> None:
    verdict = await registry.validate(owner, asking(document, "PT5M"))
    path = "spec.nodes[0].params.limits.time"
    assert [(each.path, each.code) for each in verdict.problems] == (
        [(path, "code-limit")] if is_refused else []
    )
    if is_refused:
        with pytest.raises(InvalidError, match=rf"{re.escape(path)}: .* may run for 60 s"):
            await registry.save(owner, "default", document)
    else:
        await registry.save(owner, "default", document)


async def test_what_asked_for_too_much_before_it_was_too_much_can_still_be_suspended(
    owner: Caller, registry: Registry, documents: MemoryDocuments, settings: Settings, document: Doc
) -> None:
    known, _ = await registry.save(owner, "default", asking(document, "PT50S"))
    clock = MovingClock()
    less = settings.model_copy(update={"code_max_seconds": 30.0})
    strict = build(documents, RememberingBus(), clock, SystemIds(clock), less)
    await strict.start()
    rests = await strict.patch_workflow(owner, "default", known.name, {"spec": {"suspend": True}})
    assert rests.document["spec"]["suspend"] is True
    shown = await strict.shown(rests)
    assert "code-limit" in [one["code"] for one in shown["status"]["warnings"]]
    with pytest.raises(InvalidError, match="asks for PT55S"):
        await strict.save(owner, "default", asking(document, "PT55S"), name=known.name)
