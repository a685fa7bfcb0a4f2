"""A run that began is followed by its execution, whatever became of its workflow, its input and its status."""

from __future__ import annotations

import pytest

from alur_operator.service.workflows import LaterError
from alur_sdk.errors import UnavailableError
from tests.unit.operator.objects import Object, execution, run
from tests.unit.operator.outside import NOON, Outside, Several, keeper, reasons

FROM = {"configMapKeyRef": {"name": "given", "key": "data"}}
AGAIN = "e-of-the-workflow-as-it-was-applied-again"
UP = NOON - 60


class Closed(Several):
    """An Alur that does not answer who began what."""

    async def derived_execution(self, _wish: object) -> str:
        raise UnavailableError("away")


async def test_a_run_whose_workflow_was_applied_anew_keeps_its_execution() -> None:
    outside = Several(execution("waiting"), derived=AGAIN)
    told = await keeper(outside).start(run("Waiting"))
    assert (told["executionId"], told["phase"]) == ("e-1", "Waiting")


async def test_a_run_whose_workflow_was_applied_anew_cancels_its_execution_when_it_is_deleted() -> (
    None
):
    outside = Several(execution("waiting"), derived=AGAIN)
    await keeper(outside).cancel(run("Waiting"), 0, 1)
    assert outside.ended == ["e-1"]


async def test_an_execution_of_another_is_neither_taken_nor_cancelled() -> None:
    for other in ({"workflow": "theirs"}, {"mode": "webhook"}, {"version": 3}):
        outside = Several(execution("waiting", **other), derived=AGAIN)
        forged = run("Waiting", version=4)
        with pytest.raises(LaterError) as raised:
            await keeper(outside).start(forged)
        assert "e-1" not in str(raised.value.status)
        await keeper(outside).cancel(forged, 0, 1)
        assert outside.ended == []


async def test_what_follows_from_the_run_is_believed_before_what_its_status_names() -> None:
    outside = Several(execution("waiting"), execution("running", id="e-2"), derived="e-2")
    assert (await keeper(outside).start(run("Waiting")))["executionId"] == "e-2"
    await keeper(outside).cancel(run("Waiting"), 0, 1)
    assert outside.ended == ["e-2"]


async def test_an_end_that_was_forged_does_not_keep_an_execution_from_being_cancelled() -> None:
    outside = Several(execution("waiting"), derived="e-1")
    await keeper(outside).cancel(run("Succeeded"), 0, 1)
    assert outside.ended == ["e-1"]
    over = execution("succeeded", finishedAt="2026-01-01T00:00:05.000Z")
    outside = Several(over, derived="e-1")
    await keeper(outside).cancel(run("Succeeded"), 0, 1)
    assert outside.ended == []


@pytest.mark.parametrize("derived", ["e-1", AGAIN, None])
async def test_a_run_whose_execution_alur_no_longer_has_never_begins_once_more(
    derived: str | None,
) -> None:
    told = await keeper(Several(derived=derived)).start(run("Running"))
    assert reasons(told)["Failed"] == ("True", "ExecutionGone")


def without_its_key() -> Several:
    outside = Several(execution("waiting"), derived="e-1")
    outside.is_key_there = False
    return outside


def with_another_key() -> Several:
    outside = Several(execution("waiting"), derived="e-1")
    outside.text = "who: them"
    return outside


@pytest.mark.parametrize("outside", [without_its_key, with_another_key])
@pytest.mark.parametrize("phase", ["Waiting", ""], ids=["told", "not told yet"])
async def test_a_run_that_began_needs_its_input_no_more(outside: type[Several], phase: str) -> None:
    told = await keeper(outside()).start(run(phase, inputFrom=FROM))
    assert (told["phase"], told["executionId"]) == ("Waiting", "e-1")


async def test_a_run_is_not_refused_for_good_while_alur_cannot_say_whether_it_began() -> None:
    outside = Closed()
    outside.text = "who: them"
    with pytest.raises(LaterError) as raised:
        await keeper(outside).start(run(inputFrom=FROM))
    assert (raised.value.status or {})["phase"] == "Pending"


async def test_a_run_that_began_stays_in_its_phase_while_alur_cannot_be_asked() -> None:
    with pytest.raises(LaterError) as raised:
        await keeper(Closed()).start(run("Waiting"))
    told = raised.value.status or {}
    assert told["phase"] == "Waiting"
    assert reasons(told)["Reconciling"] == ("True", "RegistryUnavailable")


async def test_an_alur_that_does_not_answer_is_asked_once_for_each_try() -> None:
    outside = Closed()
    outside.refuses = UnavailableError("does not answer")
    outside.object = None
    with pytest.raises(LaterError, match="does not answer"):
        await keeper(outside, UP).start(run(timeout="PT1M"))


async def test_an_output_with_nulls_is_told_with_them() -> None:
    output: list[Object] = [{"who": "x", "price": None, "deep": {"gone": None}}]
    outside = Several(execution("succeeded", output=output), derived="e-1")
    told = await keeper(outside).start(run("Running"))
    assert (told["phase"], "output" in told, outside.outputs) == ("Succeeded", False, [output])
    assert "output" not in await keeper(outside).follow(run("Running"))
    known = run("Running")
    known["status"]["output"] = output
    await keeper(outside).follow(known)
    assert outside.outputs == [output, output], "what is there already is not put there again"


async def test_an_output_without_nulls_costs_no_request_of_its_own() -> None:
    output = [{"who": "x"}]
    outside = Several(execution("succeeded", output=output), derived="e-1")
    assert (await keeper(outside).start(run("Running")))["output"] == output
    assert outside.outputs == []


async def test_a_run_that_may_last_more_than_a_century_begins_and_is_kept() -> None:
    outside = Outside()
    outside.execution = execution("succeeded", finishedAt="2026-01-01T00:00:05.000Z")
    older = run(timeout="P40000D", ttlAfterFinished="P40000D")
    told = await keeper(outside).start(older)
    assert told["phase"] == "Succeeded"
    assert keeper(outside).deletion_due({**older, "status": told}) is None
