from __future__ import annotations

from typing import Any, cast

import pytest

from alur_operator.domain.admission import TOLD, review
from alur_sdk.errors import Problem
from tests.unit.operator.objects import workflow


def asked(**changes: Any) -> dict[str, Any]:
    request = {"uid": "q-1", "object": workflow(), **changes}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def problems(count: int) -> list[Problem]:
    return [Problem(f"spec.nodes[{n}].type", "unknown", f"bad {n}") for n in range(count)]


def test_what_has_no_problem_is_let_in() -> None:
    answer = review(asked(), lambda _: [])
    assert answer == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": "q-1", "allowed": True},
    }


def test_the_check_sees_the_document_that_alur_would_get() -> None:
    def check(document: dict[str, Any]) -> list[Problem]:
        return [Problem("", "seen", str(document["metadata"]))]

    status = review(asked(), check)["response"]["status"]
    assert status["message"] == "{'name': 'greet', 'namespace': 'shop'}"


def test_a_refusal_names_each_path() -> None:
    status = review(asked(), lambda _: problems(2))["response"]["status"]
    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert status["message"] == "spec.nodes[0].type: bad 0; spec.nodes[1].type: bad 1"
    assert [cause["field"] for cause in status["details"]["causes"]] == [
        "spec.nodes[0].type",
        "spec.nodes[1].type",
    ]


def test_of_many_problems_some_are_told_and_the_rest_counted() -> None:
    status = review(asked(), lambda _: problems(TOLD + 3))["response"]["status"]
    causes = status["details"]["causes"]
    assert (len(causes), causes[-1]["message"]) == (TOLD + 1, "and 3 more")


@pytest.mark.parametrize("question", [[], {}, {"request": None}, {"request": {"uid": "q"}}])
def test_what_is_no_question_is_told_apart(question: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        review(cast(dict[str, Any], question), lambda _: [])
