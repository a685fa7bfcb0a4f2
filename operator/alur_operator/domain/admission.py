"""What the API server is told when it asks whether a Workflow may be kept (admission.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alur_operator.domain.names import GROUP
from alur_operator.domain.plan import document_of
from alur_sdk.errors import Problem

Object = Mapping[str, Any]
Problems = Callable[[dict[str, Any]], Sequence[Problem]]
"""The check that the registry makes of a document, against the node types that it knows."""
TOLD = 20
"""So many problems are told at once: a person mends a few and asks again."""
_UNPROCESSABLE = 422


def review(asked: Object, problems: Problems) -> dict[str, Any]:
    """Return the answer to an AdmissionReview: what the registry would refuse, with the path of each fault.

    Raises `KeyError` or `TypeError` for what is no such question.
    """
    request = asked["request"]
    document = document_of(request["object"])
    found = problems(document)
    answer: dict[str, Any] = {"uid": request["uid"], "allowed": not found}
    if found:
        answer["status"] = _refusal(document["metadata"]["name"], found)
    return {"apiVersion": asked["apiVersion"], "kind": asked["kind"], "response": answer}


def with_paths(problems: Sequence[Problem]) -> str:
    """Return problems as one text, each with its path."""
    return "; ".join(f"{p.path}: {p.message}" if p.path else p.message for p in problems)


def _refusal(name: str, found: Sequence[Problem]) -> dict[str, Any]:
    """Return a status as the API server makes one of its own: kubectl shows each cause on a line."""
    told = list(found[:TOLD])
    if len(found) > TOLD:
        told.append(Problem("", "more", f"and {len(found) - TOLD} more"))
    causes = [{"reason": "FieldValueInvalid", "field": p.path, "message": p.message} for p in told]
    return {
        "code": _UNPROCESSABLE,
        "reason": "Invalid",
        "message": with_paths(told),
        "details": {"group": GROUP, "kind": "Workflow", "name": name, "causes": causes},
    }
