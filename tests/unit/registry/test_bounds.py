"""What a document is judged by before it is saved: of whom its bounds are, and what is known of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alur_common.security.rights import Caller
from alur_registry.service import Registry
from alur_registry.settings import Settings

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


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [({}, False), ({"code_max_seconds": 60.0}, True)],
    indirect=["settings"],
)
async def test_a_limit_of_code_is_judged_only_by_what_this_service_was_told(
    owner: Caller, registry: Registry, document: Doc, *, is_told: bool
) -> None:
    params = {"code": "return items", "limits": {"time": "PT5M"}}
    document["spec"]["nodes"] = [{"name": "work", "type": "core.code", "params": params}]
    document["spec"]["edges"] = []
    verdict = await registry.validate(owner, document)
    codes = [warning.code for warning in verdict.warnings]
    assert ("code-limit" in codes) is is_told
