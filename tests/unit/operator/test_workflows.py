from __future__ import annotations

from typing import Any, cast

import pytest

from alur_operator.domain.plan import Live
from alur_operator.ports import Alur
from alur_operator.service.workflows import LaterError, WorkflowKeeper
from alur_sdk.errors import AlurError, ConflictError, UnavailableError
from tests.unit.operator.objects import Object, live, workflow

HANDLED = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "t"}]}


class OneWorkflow:
    """An Alur with one workflow or none, and what was asked of it."""

    def __init__(self, has: Live | None = None) -> None:
        self.has = has
        self.fails: AlurError | None = None
        self.asked: list[str] = []

    async def find_workflow(self, namespace: str, name: str) -> Live | None:
        self.asked.append("find")
        return self.has

    async def put_workflow(self, namespace: str, name: str, document: Object, etag: str) -> Live:
        self.asked.append(f"put {etag}".strip())
        if self.fails:
            raise self.fails
        if etag != (self.has.etag if self.has else ""):
            raise ConflictError("something is there")
        self.has = live(document)
        return self.has

    async def delete_workflow(self, namespace: str, name: str) -> None:
        self.asked.append("delete")
        self.has = None


def keeper(alur: OneWorkflow, *moments: float) -> WorkflowKeeper:
    """Return one that began at the first of these moments; the last one goes on."""
    told: list[Object] = []
    times = list(moments)
    return WorkflowKeeper(
        cast(Alur, alur),
        lambda body, **said: told.append(said),  # as `Telling` has it
        lambda: times.pop(0) if len(times) > 1 else times[0],
        cleanup_seconds=300,
    )


async def reconciled(alur: OneWorkflow, body: Object) -> dict[str, Any]:
    return await keeper(alur, 0.0).reconcile(body)


async def test_a_new_object_costs_one_request() -> None:
    alur = OneWorkflow()
    assert (await reconciled(alur, workflow()))["phase"] == "Ready"
    assert alur.asked == ["put"]


async def test_a_new_object_whose_workflow_is_there_is_compared_with_it() -> None:
    alur = OneWorkflow(live(workflow()))
    assert (await reconciled(alur, workflow()))["phase"] == "Ready"
    assert alur.asked == ["put", "find"]


async def test_a_new_object_takes_no_workflow_of_others_over() -> None:
    alur = OneWorkflow(live(workflow(), managed_by=""))
    told = await reconciled(alur, workflow())
    assert (told["phase"], alur.asked) == ("Stalled", ["put", "find"])


async def test_an_object_that_was_handled_before_is_compared_first() -> None:
    alur = OneWorkflow(live(workflow()))
    changed = workflow(spec={"title": "changed"}, status=HANDLED)
    await reconciled(alur, changed)
    assert alur.asked == ["find", 'put "9"']


async def removed(keeper: WorkflowKeeper, body: Object, tries: int = 1) -> int:
    """Delete it as kopf does, which writes what was told into the object; return the tries that it took."""
    for number in range(1, tries + 1):
        try:
            await keeper.remove(body, 1_000, number)
        except LaterError as later:
            body = {**body, "status": {**body.get("status", {}), **(later.status or {})}}
        else:
            return number
    return 0


async def test_what_an_operator_that_ended_may_have_asked_for_is_waited_for_before_an_object_goes() -> (
    None
):
    times = (0.0, 2.0, 9.9, 10.0)
    assert await removed(keeper(OneWorkflow(), *times), workflow(), 9) == 3
    alur = OneWorkflow(live(workflow()))
    assert await removed(keeper(alur, *times), workflow(), 9) == 1
    assert alur.asked == ["find", "delete"]


async def test_what_alur_never_answered_is_waited_for_before_an_object_goes() -> None:
    alur = OneWorkflow()
    alur.fails = UnavailableError("nothing within 10 s")
    making = keeper(alur, 0.0, 50.0, 50.0, 59.9, 60.0)
    with pytest.raises(LaterError) as later:
        await making.reconcile(workflow())
    alur.fails = None
    assert await removed(making, workflow(status=later.value.status), 9) == 2


async def test_an_object_whose_workflow_others_deleted_goes_at_once() -> None:
    alur = OneWorkflow()
    handled = {**HANDLED, "observedHash": "x"}
    assert await removed(keeper(alur, 0.0), workflow(status=handled)) == 1
    assert alur.asked == ["find"]
