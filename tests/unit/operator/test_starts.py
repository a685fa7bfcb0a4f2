from __future__ import annotations

import pytest

from alur_operator.domain import reasons as why
from alur_operator.domain import status
from alur_operator.service.runs import PENDING_SECONDS
from alur_operator.service.workflows import SETTLING_SECONDS, LaterError
from alur_sdk.errors import ForbiddenError, NotFoundError, UnavailableError
from tests.unit.operator.objects import Object, execution, live, run, workflow
from tests.unit.operator.outside import NOON, Outside, keeper, keeper_by, reasons

UP = NOON - SETTLING_SECONDS
"""An operator that began then knows all that was asked before."""
MINUTE = 60


def refused() -> Object:
    """Return a workflow that Alur refused at its newest generation."""
    return workflow(status=status.stalled(workflow(), why.INVALID, "spec.nodes[0].type: no", NOON))


async def waits(outside: Outside, body: Object, *moments: float) -> LaterError:
    with pytest.raises(LaterError) as raised:
        await keeper(outside, *moments).start(body)
    return raised.value


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"observedGeneration": -1},
        status.ready(workflow(metadata={"generation": 2}), live(workflow()), NOON),
        status.working(workflow(), why.REGISTRY_UNAVAILABLE, "away", NOON),
    ],
    ids=["new", "unseen", "changed", "tried again"],
)
async def test_a_run_waits_until_its_workflow_is_active_as_it_was_applied(told: Object) -> None:
    outside = Outside()
    outside.object = workflow(status=told)
    later = await waits(outside, run())
    assert reasons(later.status or {})["Reconciling"] == ("True", "WorkflowPending")
    assert "generation 3 of the Workflow greet is not Ready yet" in str(later)
    assert later.within_seconds == PENDING_SECONDS
    assert outside.events == []


async def test_a_run_says_why_its_workflow_is_stalled_and_tells_so_once() -> None:
    outside = Outside()
    outside.object = refused()
    later = await waits(outside, run())
    assert later.status is not None
    assert later.status["message"] == (
        "the Workflow greet is Stalled (Invalid): spec.nodes[0].type: no"
    )
    assert reasons(later.status)["Reconciling"] == ("True", "WorkflowStalled")
    again = await waits(outside, {**run(), "status": later.status})
    assert not status.says_more(again.status or {}, later.status)
    assert outside.events == ["WorkflowStalled"]


async def test_what_is_wrong_with_a_workflow_is_told_anew_when_it_changes() -> None:
    outside = Outside()
    outside.object = refused()
    before = (await waits(outside, run())).status or {}
    outside.object["status"]["conditions"][2]["message"] = "spec.nodes[1].type: no"
    after = (await waits(outside, {**run(), "status": before})).status or {}
    assert status.says_more(after, before)


async def test_a_run_tells_the_version_of_the_workflow_that_it_runs() -> None:
    outside = Outside()
    outside.object = workflow(status=status.ready(workflow(), live(workflow()), NOON))
    outside.execution = execution("running", version=5)
    told = await keeper(outside).start(run())
    assert (told["version"], told["phase"]) == (5, "Running")


async def test_a_run_of_a_version_does_not_wait_for_a_newer_one() -> None:
    outside = Outside()
    outside.object, outside.execution = refused(), execution("succeeded")
    assert (await keeper(outside).start(run(version=4)))["phase"] == "Succeeded"


async def test_a_run_of_a_version_that_is_not_there_tells_that_the_workflow_is_stalled() -> None:
    outside = Outside(refuses=NotFoundError("no version 9"))
    outside.object = refused()
    later = await waits(outside, run(version=9))
    assert reasons(later.status or {})["Reconciling"] == ("True", "WorkflowStalled")


async def test_a_run_that_began_goes_on_whatever_becomes_of_its_workflow() -> None:
    outside = Outside(refuses=NotFoundError("no workflow greet"))
    outside.object, outside.execution = refused(), execution("running")
    assert (await keeper(outside).start(run("Running")))["phase"] == "Running"
    outside.execution = execution("running", workflow="theirs")
    forged = await waits(outside, run("Running"))
    assert "e-1" not in str(forged.status)


async def test_a_workflow_that_may_not_be_read_is_told_of() -> None:
    class Closed(Outside):
        async def find_object(self, _plural: str, _namespace: str, _name: str) -> Object | None:
            raise ForbiddenError("cannot get workflows")

    later = await waits(Closed(), run())
    assert (later.status or {})["message"] == "cannot get workflows"


async def test_a_run_whose_time_is_over_before_it_began_has_failed_and_says_what_it_waited_for() -> (
    None
):
    outside = Outside()
    outside.object = refused()
    body = run(timeout="PT1M")
    later = await waits(outside, body, UP, NOON + 20)
    assert later.within_seconds == MINUTE - 20
    waited = {**body, "status": later.status}
    told = await keeper(outside, UP, NOON + MINUTE).start(waited)
    assert reasons(told)["Failed"] == ("True", "TimedOut")
    assert told["message"].startswith("timed out after PT1M, before it began: the Workflow greet")
    assert outside.events == ["WorkflowStalled", "TimedOut"]


async def test_a_run_that_alur_may_still_begin_is_not_given_up() -> None:
    outside = Outside()
    outside.object = refused()
    await waits(outside, run(timeout="PT1M"), NOON + MINUTE)
    outside.execution = execution("running")
    told = await keeper(outside, UP, NOON + MINUTE).start(run(timeout="PT1M"))
    assert told["phase"] == "Running", "somebody who ended before it told so had begun it"


async def test_a_run_of_which_alur_cannot_be_asked_is_not_given_up() -> None:
    class Away(Outside):
        async def derived_execution(self, _wish: object) -> str:
            raise UnavailableError("away")

    outside = Away(refuses=UnavailableError("away"))
    later = await waits(outside, run(timeout="PT1M"), UP, NOON + MINUTE)
    assert reasons(later.status or {})["Reconciling"] == ("True", "RegistryUnavailable")


async def test_a_start_that_was_not_answered_is_waited_for_before_a_run_is_given_up() -> None:
    outside, moment = Outside(refuses=UnavailableError("away")), [UP]
    keeping, body = keeper_by(outside, lambda: moment[0]), run(timeout="PT1M")
    moment[0] = NOON + MINUTE
    for error in (UnavailableError("away"), NotFoundError("no workflow greet")):
        outside.refuses = error
        with pytest.raises(LaterError, match=error.message):
            await keeping.start(body)
    moment[0] += SETTLING_SECONDS
    assert (await keeping.start(body))["phase"] == "Failed"


async def test_a_run_that_failed_is_told_of_once() -> None:
    outside = Outside()
    outside.execution = execution("failed", error={"message": "no stock"})
    told = await keeper(outside).start(run())
    assert reasons(told)["Failed"] == ("True", "Failed")
    await keeper(outside).follow({**run(), "status": told})
    assert outside.events == ["Failed"]


async def test_a_run_that_succeeded_is_no_event() -> None:
    outside = Outside()
    outside.execution = execution("succeeded")
    told = await keeper(outside).start(run())
    assert reasons(told)["Failed"] == ("False", "Succeeded")
    assert outside.events == []
