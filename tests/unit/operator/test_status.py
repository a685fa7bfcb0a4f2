from __future__ import annotations

from pathlib import Path

import pytest

from alur_operator.domain import reasons, status
from alur_operator.domain.plan import Claim
from tests.unit.operator.objects import Object, execution, live, run, workflow

NOON = 1_767_268_800.0


def conditions(told: Object) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["reason"]) for c in told["conditions"]}


def test_a_published_workflow_is_current_to_kstatus() -> None:
    told = status.ready(workflow(), live(workflow()), NOON)
    found = conditions(told)
    assert (found["Ready"][0], found["Reconciling"][0], found["Stalled"][0]) == (
        "True",
        "False",
        "False",
    )
    assert told["observedGeneration"] == 3


def test_what_alur_says_of_a_workflow_is_told_beside_and_keeps_it_ready() -> None:
    missing = Claim("CredentialsFound", False, "CredentialsMissing", "not set yet: bank")
    told = status.ready(workflow(), live(workflow(), claims=(missing,)), NOON)
    found = conditions(told)
    assert found["CredentialsFound"] == ("False", "CredentialsMissing")
    assert found["Ready"][0] == "True"


def test_a_refused_workflow_is_failed_to_kstatus() -> None:
    found = conditions(status.stalled(workflow(), reasons.INVALID, "spec.nodes[0]: no", NOON))
    assert (found["Ready"][0], found["Stalled"]) == ("False", ("True", "Invalid"))


def test_one_that_waits_for_alur_is_in_progress_and_not_yet_observed() -> None:
    told = status.working(workflow(), reasons.REGISTRY_UNAVAILABLE, "away", NOON)
    assert conditions(told)["Reconciling"] == ("True", "RegistryUnavailable")
    assert "observedGeneration" not in told


def test_the_time_of_a_condition_changes_with_its_status_alone() -> None:
    first = status.ready(workflow(), live(workflow()), NOON)
    again = status.ready(workflow(status=first), live(workflow(), version=5), NOON + 60)
    assert {c["lastTransitionTime"] for c in again["conditions"]} == {"2026-01-01T12:00:00Z"}


def test_what_a_status_says_already_is_not_told_again() -> None:
    first = status.ready(workflow(), live(workflow()), NOON)
    before = {**first, "lastExecution": {"id": "e-1"}}
    body = workflow(status=before)
    assert status.is_told(status.ready(body, live(workflow()), NOON + 60), before)
    assert not status.is_told(status.ready(body, live(workflow(), version=5), NOON), before)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({}, "NoTriggers"),
        ({"triggers": [{"name": "t", "type": "trigger.manual"}]}, "Active"),
        ({"suspend": True}, "Suspended"),
    ],
)
def test_triggers_are_told_of(spec: Object, reason: str) -> None:
    body = workflow(spec=spec)
    assert conditions(status.ready(body, live(body), NOON))["TriggersActive"][1] == reason


@pytest.mark.parametrize(
    ("there", "phase"),
    [
        ("queued", "Pending"),
        ("running", "Running"),
        ("waiting", "Waiting"),
        ("in-doubt", "InDoubt"),
        ("failed", "Failed"),
    ],
)
def test_a_run_has_the_phase_of_its_execution(there: str, phase: str) -> None:
    assert status.run_status(run(), execution(there), NOON)["phase"] == phase


def test_a_run_in_doubt_waits_for_a_person_and_has_not_ended() -> None:
    found = conditions(status.run_status(run(), execution("in-doubt"), NOON))
    assert (found["Succeeded"][0], found["Stalled"][0]) == ("Unknown", "True")


def test_a_cancelled_run_whose_time_was_over_has_failed() -> None:
    ended = execution("cancelled", finishedAt="2026-01-01T00:00:05.000Z")
    assert status.run_status(run(timeout="PT5S"), ended, NOON)["phase"] == "Failed"
    assert status.run_status(run(timeout="PT6S"), ended, NOON)["phase"] == "Cancelled"


def test_an_output_of_exactly_the_limit_fits() -> None:
    fits = [{"t": "x" * (65_536 - len('[{"t":""}]'))}]
    assert status.run_status(run(), execution("succeeded", output=fits), NOON)["output"] == fits
    larger = [{"t": fits[0]["t"] + "x"}]
    assert "output" not in status.run_status(run(), execution("succeeded", output=larger), NOON)


def test_an_old_message_is_removed() -> None:
    before = {**run(), "status": {"message": "waited"}}
    assert status.run_status(before, execution("succeeded"), NOON)["message"] is None


def test_every_reason_is_explained() -> None:
    named = {
        value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)
    }
    assert named == set(reasons.ALL)


def test_the_guide_explains_every_reason() -> None:
    guide = (Path(__file__).parents[3] / "docs/how-to/kubernetes-troubleshooting.md").read_text()
    assert [r for r, says in reasons.ALL.items() if f"| `{r}` | {says} |" not in guide] == []


def test_a_run_that_has_ended_is_of_its_newest_generation_when_its_time_to_live_changes() -> None:
    body = run("Succeeded", ttlAfterFinished="P2D")
    body["metadata"]["generation"] = 2
    body["status"]["conditions"] = [
        {"type": "Succeeded", "status": "True", "observedGeneration": 1}
    ]
    told = status.run_seen(body)
    assert told["observedGeneration"] == 2
    assert [each["observedGeneration"] for each in told["conditions"]] == [2]
    assert status.is_told(told, {**body["status"], **told})
    assert not status.is_told(told, body["status"])


def test_an_output_of_more_items_than_the_definition_takes_is_told_where_to_find() -> None:
    fits: list[Object] = [{}] * 10_000
    assert status.run_status(run(), execution("succeeded", output=fits), NOON)["output"] == fits
    told = status.run_status(run(), execution("succeeded", output=[*fits, {}]), NOON)
    assert "output" not in told
    assert told["message"].startswith("the output has 10001 items, more than fit here")


def test_a_run_that_began_while_its_time_was_over_has_timed_out() -> None:
    ended = execution(
        "cancelled",
        reason="timed out after PT5S, before it began",
        startedAt="2026-01-01T12:00:05.000Z",
        finishedAt="2026-01-01T12:00:06.000Z",
    )
    told = status.run_status(run(timeout="PT5S"), ended, NOON)
    assert conditions(told)["Failed"] == ("True", "TimedOut")
