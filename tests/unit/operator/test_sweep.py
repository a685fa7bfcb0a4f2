from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from alur_operator.domain.plan import Live, fingerprint
from alur_operator.ports import Alur, Cluster
from alur_operator.service.sweep import Sweep
from alur_sdk.errors import ForbiddenError
from tests.unit.operator.objects import Object, live, workflow


class Outside:
    """Alur and the cluster: what one has, and what the other was told."""

    def __init__(self, has: Live | None) -> None:
        self.has = has
        self.told: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.forbidden: set[str] = set()

    async def list_workflows(self, namespace: str) -> dict[str, Live]:
        self.meanwhile()
        if namespace in self.forbidden:
            raise ForbiddenError("not you")
        return {"greet": self.has} if self.has else {}

    async def patch_status(self, plural: str, namespace: str, name: str, status: Object) -> None:
        self.told.append(status)


def sweep_of(outside: Outside) -> Sweep:
    return Sweep(cast(Alur, outside), cast(Cluster, outside))


async def swept(body: Object, has: Live) -> list[dict[str, Any]]:
    outside = Outside(has)
    sweep = sweep_of(outside)
    sweep.see(body)
    await sweep.once()
    return outside.told


def handled(body: Object, version: int) -> Object:
    status = {"observedHash": fingerprint(body), "activeVersion": version, "phase": "Ready"}
    return {**body, "status": status}


async def test_what_alur_has_otherwise_is_handled_again() -> None:
    body = handled(workflow(), 4)
    drifted = live(workflow(spec={"title": "drifted"}), version=5)
    assert await swept(body, drifted) == [{"observedHash": None}]


async def test_a_change_that_is_being_handled_is_not_taken_for_drift() -> None:
    changed = workflow(spec={"title": "changed"}, status=handled(workflow(), 4)["status"])
    assert await swept(changed, live(changed, version=5)) == []


@pytest.mark.parametrize("before", [workflow(), handled(workflow(spec={"title": "old"}), 1)])
async def test_what_is_handled_while_alur_is_asked_is_not_taken_for_lost(before: Object) -> None:
    outside = Outside(None)  # its answer is from before
    sweep = sweep_of(outside)
    sweep.see(before)
    outside.meanwhile = lambda: sweep.see(handled(workflow(), 2))
    await sweep.once()
    assert outside.told == []


async def test_a_workflow_that_alur_has_lost_is_handled_again() -> None:
    outside = Outside(None)
    sweep = sweep_of(outside)
    sweep.see(handled(workflow(), 1))
    await sweep.once()
    assert outside.told == [{"observedHash": None}]


async def test_a_namespace_that_alur_refuses_keeps_no_other_from_being_looked_at() -> None:
    outside = Outside(None)
    outside.forbidden = {"a-first"}
    sweep = sweep_of(outside)
    lost = handled(workflow(), 1)
    metadata = lost["metadata"]
    sweep.see({**lost, "metadata": {**metadata, "namespace": "a-first", "uid": "another"}})
    sweep.see(lost)
    await sweep.once()
    assert outside.told == [{"observedHash": None}]
