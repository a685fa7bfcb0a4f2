from __future__ import annotations

import pytest

from alur_operator.domain import status
from alur_operator.domain.plan import (
    Claim,
    Keep,
    LetGo,
    Refuse,
    Remove,
    Save,
    document_of,
    fingerprint,
    needs_care,
    plan_after_failure,
    plan_removal,
    plan_save,
)
from tests.unit.operator.objects import live, workflow

ADOPT = {"annotations": {"alur.dev/adopt": "true"}}
READY = {"status": {"phase": "Ready", "activeVersion": 4, "observedHash": "x"}}


def test_what_is_not_there_is_made() -> None:
    body = workflow()
    assert plan_save(body, None) == Save(document_of(body))


def test_what_is_so_already_is_kept() -> None:
    body = workflow()
    assert plan_save(body, live(body)) == Keep(live(body))


def test_a_default_that_is_written_out_is_no_difference() -> None:
    written = workflow(
        spec={"suspend": False, "nodes": [{"name": "a", "type": "core.noop", "pool": "default"}]}
    )
    assert isinstance(plan_save(written, live(workflow())), Keep)


@pytest.mark.parametrize(("now", "then"), [(True, 1), (False, 0), (0, False)])
def test_a_truth_that_was_a_number_is_a_difference(now: object, then: object) -> None:
    body, before = (
        workflow(
            spec={"nodes": [{"name": "a", "type": "core.set", "params": {"fields": {"n": n}}}]}
        )
        for n in (now, then)
    )
    assert plan_save(body, live(before)) == Save(document_of(body), '"9"')


def test_a_position_that_kubectl_reads_its_own_way_is_no_difference() -> None:
    there, applied = (
        workflow(spec={"nodes": [{"name": "a", "type": "core.noop", "position": {"x": 1, y: 2}}]})
        for y in ("y", "true")
    )
    assert isinstance(plan_save(applied, live(there)), Keep)


def test_what_differs_is_replaced_at_the_revision_that_was_seen() -> None:
    body = workflow(spec={"title": "new"})
    assert plan_save(body, live(workflow())) == Save(document_of(body), '"9"')


def test_what_others_made_is_refused() -> None:
    body = workflow()
    step = plan_save(body, live(body, managed_by=""))
    assert isinstance(step, Refuse)
    assert 'alur.dev/adopt: "true"' in step.message


def test_what_others_made_is_taken_over_when_asked() -> None:
    body = workflow(metadata=ADOPT)
    assert isinstance(plan_save(body, live(body, managed_by="")), Save)


def test_a_document_holds_nothing_of_the_cluster() -> None:
    annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "alur.dev/adopt": "true",
        "team": "a",
    }
    body = workflow(
        metadata={"annotations": annotations, "labels": {"x": "y"}, "finalizers": ["f"]}
    )
    assert document_of(body)["metadata"] == {
        "name": "greet",
        "namespace": "shop",
        "labels": {"x": "y"},
        "annotations": {"team": "a"},
    }


@pytest.mark.parametrize(
    "changes",
    [{"spec": {"title": "x"}}, {"metadata": {"labels": {"a": "b"}}}, {"metadata": ADOPT}],
)
def test_a_change_that_means_something_changes_the_hash(changes: dict[str, object]) -> None:
    assert fingerprint(workflow(**changes)) != fingerprint(workflow())


def test_what_means_nothing_does_not_change_the_hash() -> None:
    other = workflow(
        metadata={"resourceVersion": "8", "annotations": {"alur.dev/touched": "x"}},
        status={"phase": "Ready"},
    )
    assert fingerprint(other) == fingerprint(workflow())


def test_a_deleted_object_goes_after_alur_was_told() -> None:
    assert plan_removal(workflow()) == Remove()


def test_who_insists_is_heard() -> None:
    assert isinstance(
        plan_removal(workflow(metadata={"annotations": {"alur.dev/force-delete": "true"}})), LetGo
    )


@pytest.mark.parametrize(
    ("waited", "tries", "goes"),
    [(0.0, 9, False), (300.0, 9, False), (300.1, 2, False), (300.1, 3, True)],
)
def test_failures_hold_an_object_for_a_while_alone(waited: float, tries: int, goes: bool) -> None:
    assert (plan_after_failure(waited, 300, tries) is not None) is goes


def test_what_is_as_it_was_handled_needs_no_care() -> None:
    body = workflow(**READY)
    assert not needs_care(body, live(body))


def test_what_was_lost_or_changed_needs_care() -> None:
    body = workflow(**READY)
    assert needs_care(body, None)
    assert needs_care(body, live(workflow(spec={"title": "theirs"})))
    assert needs_care(body, live(body, version=5))


def test_what_alur_says_anew_of_a_workflow_needs_care() -> None:
    body = workflow()
    found, missing = (
        Claim("CredentialsFound", is_there, "r", "x" * 3_000) for is_there in (True, False)
    )
    told = status.ready(body, live(body, claims=(missing,)), 0.0)
    body = workflow(status=told)
    assert not needs_care(body, live(body, claims=(missing,)))
    assert needs_care(body, live(body, claims=(found,)))
    waits = workflow(status={**told, "phase": "Pending"})
    assert not needs_care(waits, live(body, claims=(found,)))


def test_what_alur_refused_waits_for_a_change() -> None:
    stalled = {"phase": "Stalled", "conditions": [{"type": "Stalled", "reason": "Invalid"}]}
    assert not needs_care(workflow(status=stalled), None)


def test_what_was_not_taken_over_is_left_alone() -> None:
    stalled = {"phase": "Stalled", "conditions": [{"type": "Stalled", "reason": "AdoptionRefused"}]}
    body = workflow(status=stalled)
    assert not needs_care(body, live(body, managed_by=""))
    assert needs_care(body, None)
