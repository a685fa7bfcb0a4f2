"""The whole check of a document: form first, then meaning, as far as the form allows."""

from __future__ import annotations

from typing import Any

from alur_engine.catalogue import Catalogue
from alur_engine.document import MAX_EDGES, MAX_NODES, MAX_TRIGGERS, Workflow
from alur_engine.reading import unfit_values
from alur_engine.validation.code_check import code_problems
from alur_engine.validation.drafts import read_draft
from alur_engine.validation.edge_check import edge_problems
from alur_engine.validation.expression_check import expression_problems
from alur_engine.validation.form import read_form
from alur_engine.validation.loop_check import loop_problems
from alur_engine.validation.rules import rule_problems
from alur_engine.validation.step_check import step_problems
from alur_sdk.errors import Problem

SERVER_OWNED = frozenset({
    "uid", "createdAt", "updatedAt", "managedBy", "generation", "resourceVersion",
    "creationTimestamp", "managedFields", "selfLink", "deletionTimestamp",
    "deletionGracePeriodSeconds", "finalizers", "ownerReferences", "revision", "hookId",
})  # fmt: skip
"""Fields of `metadata` that are accepted and ignored on the way in, as `status` is."""
_CHECKS = (
    step_problems, rule_problems, edge_problems, loop_problems, expression_problems, code_problems,
)  # fmt: skip


def validate_document(raw: object, catalogue: Catalogue) -> tuple[Workflow | None, list[Problem]]:
    """Return the workflow that a document says, or None and all its problems, in the order of the document.

    `raw` is plain JSON as `read_documents` returns it, and is not changed. What the server owns is ignored. A document above
    the limits is refused at once, without a look at its parts.
    """
    if not isinstance(raw, dict):
        return None, [Problem("", "type", "a workflow document is an object")]
    if too_many := _limit_problems(raw.get("spec")) or unfit_values(raw):
        return None, too_many
    document = without_server_owned(raw)
    workflow, problems = read_form(document)
    draft = read_draft(document)
    problems += [problem for check in _CHECKS for problem in check(draft, catalogue)]
    return (None, _ordered(problems)) if problems else (workflow, [])


def without_server_owned(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the document without the fields that the server owns."""
    document = {key: value for key, value in raw.items() if key != "status"}
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        document["metadata"] = {k: v for k, v in metadata.items() if k not in SERVER_OWNED}
    return document


def _limit_problems(spec: object) -> list[Problem]:
    if not isinstance(spec, dict):
        return []
    limits = (("triggers", MAX_TRIGGERS), ("nodes", MAX_NODES), ("edges", MAX_EDGES))
    return [
        Problem(f"spec.{part}", "limit", f"{len(spec[part])} {part}, at most {limit} are allowed")
        for part, limit in limits
        if isinstance(spec.get(part), list) and len(spec[part]) > limit
    ]


def _ordered(problems: list[Problem]) -> list[Problem]:
    """Put the problems in the order of the document's parts, without repetitions."""
    order = {"apiVersion": 0, "kind": 1, "metadata": 2, "spec": 3}
    parts = {"triggers": 0, "nodes": 1, "edges": 2, "settings": 3}

    def rank(problem: Problem) -> tuple[int, int, int]:
        head, _, rest = problem.path.partition(".")
        part, _, tail = rest.partition("[")
        index = tail.partition("]")[0]
        return order.get(head, -1), parts.get(part, -1), int(index) if index.isdigit() else -1

    return sorted(dict.fromkeys(problems), key=rank)
