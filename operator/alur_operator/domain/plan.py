"""What is to be done so that Alur has what was applied. Pure: what is known goes in, a step comes out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from alur_engine.document import Workflow
from alur_operator.domain import reasons
from alur_operator.domain.names import ADOPT, FORCE_DELETE, GROUP, IGNORED_ANNOTATIONS, VERSION

Object = Mapping[str, Any]
KUBERNETES = "kubernetes"
LONGEST = 2_000
"""So many characters of a condition's message are told."""
FEWEST_TRIES = 3
"""Before a deletion is given up."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a condition says now."""

    type: str
    status: bool | None
    reason: str
    message: str = ""

    @property
    def said(self) -> str:
        """The status as Kubernetes writes it."""
        return "Unknown" if self.status is None else str(self.status)


@dataclass(frozen=True, slots=True)
class Live:
    """A workflow as Alur has it now."""

    uid: str
    version: int
    etag: str
    managed_by: str
    document: Mapping[str, Any]
    last_execution: Mapping[str, Any] | None = None
    claims: tuple[Claim, ...] = ()
    """What Alur says of it beside: nothing that keeps it from being active."""


@dataclass(frozen=True, slots=True)
class Save:
    """Make it so: a new workflow where the etag is empty, else the next revision of that one."""

    document: dict[str, Any]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """It is so already."""

    live: Live


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do nothing until a person has decided."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete it in Alur, then let the object go."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """Let the object go at once, whatever Alur has; tell why where it is no good news."""

    warning: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do not start it yet."""

    reason: str
    message: str


def document_of(body: Object) -> dict[str, Any]:
    """Return the workflow document that an object of Kubernetes says: without what belongs to the cluster."""
    metadata = body["metadata"]
    document = {"name": metadata["name"], "namespace": metadata["namespace"]}
    labels = metadata.get("labels") or {}
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if not key.startswith(IGNORED_ANNOTATIONS)
    }
    if labels:
        document["labels"] = dict(labels)
    if annotations:
        document["annotations"] = annotations
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "Workflow",
        "metadata": document,
        "spec": dict(body["spec"]),
    }


def fingerprint(body: Object) -> str:
    """Return a hash of all that a change of an object may mean to us."""
    annotations = body["metadata"].get("annotations") or {}
    said = [document_of(body), annotations.get(ADOPT), annotations.get(FORCE_DELETE)]
    return hashlib.sha256(written(said)).hexdigest()


def plan_save(body: Object, live: Live | None) -> Save | Keep | Refuse:
    """Return what makes Alur's workflow that of the object.

    What was made elsewhere is taken over only where the object says so: the name may be a coincidence.
    """
    document = document_of(body)
    if live is None:
        return Save(document)
    if live.managed_by != KUBERNETES and not _says(body, ADOPT):
        return Refuse(
            reasons.ADOPTION_REFUSED,
            f"the project {document['metadata']['namespace']} has a workflow {document['metadata']['name']} that was "
            f'not made by Kubernetes; annotate this object with {ADOPT}: "true" to take it over',
        )
    if live.managed_by == KUBERNETES and not has_drifted(body, live):
        return Keep(live)
    return Save(document, live.etag)


def plan_start(workflow: Object | None) -> Wait | None:
    """Return what a run waits for before it starts the active version of a workflow, or None: nothing.

    What was applied together with the run comes first. Of a workflow without an object Alur alone knows.
    """
    if workflow is None:
        return None
    metadata, status = workflow["metadata"], workflow.get("status") or {}
    name, generation = metadata["name"], metadata["generation"]
    told = {
        c["type"]: c
        for c in status.get("conditions") or ()
        if c.get("observedGeneration") == generation
    }
    ready, stalled = told.get("Ready", {}), told.get("Stalled", {})
    if stalled.get("status") == "True":
        text = f"the Workflow {name} is Stalled ({stalled['reason']}): {stalled['message']}"
        return Wait(reasons.WORKFLOW_STALLED, text)
    if ready.get("status") == "True" and status.get("observedGeneration") == generation:
        return None
    why = f" ({ready['reason']}): {ready['message']}" if ready else ""
    return Wait(
        reasons.WORKFLOW_PENDING,
        f"generation {generation} of the Workflow {name} is not Ready yet{why}",
    )


def is_new(body: Object) -> bool:
    """Whether an object was never handled, so that Alur should have no workflow of its name yet."""
    return not (body.get("status") or {}).get("conditions")


def plan_removal(body: Object) -> Remove | LetGo:
    """Return how an object that is being deleted goes: after Alur was told, unless a person insists."""
    return LetGo(f"{FORCE_DELETE}: Alur was not told") if _says(body, FORCE_DELETE) else Remove()


def plan_after_failure(waited_seconds: float, limit_seconds: float, tries: int) -> LetGo | None:
    """Return how an object goes after Alur could not be told: it is never held for ever. None: try again.

    The time may have passed while no operator ran, so one failure is not enough.
    """
    if waited_seconds <= limit_seconds or tries < FEWEST_TRIES:
        return None
    return LetGo(f"Alur could not be told in {round(limit_seconds)} s; what it has of this goes on")


def has_drifted(body: Object, live: Live) -> bool:
    """Whether Alur has something else than the object says; defaults and the order of keys make no difference.

    What is compared is JSON: to Python `true` were 1.
    """
    document = document_of(body)
    if written(document) == written(live.document):
        return False
    try:
        wanted, there = map(Workflow.model_validate, (document, live.document))
    except ValidationError:
        return True  # saving it tells what is wrong
    return _said(wanted) != _said(there)


def _said(workflow: Workflow) -> bytes:
    return written([workflow.metadata.model_dump(), workflow.spec.model_dump()])


def written(value: object) -> bytes:
    """Return it as JSON, with keys in order; also what nests deeper than Alur takes, so that Alur can say so."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def needs_care(body: Object, live: Live | None) -> bool:
    """Whether a workflow that was handled before has to be handled again, for Alur has it no longer so."""
    status = body.get("status") or {}
    if status.get("phase") == "Stalled" and _reason(status) == reasons.INVALID:
        return False
    if live is None:
        return True
    if live.managed_by != KUBERNETES:
        return status.get("phase") in {"Ready", "Suspended"}
    if has_drifted(body, live) or status.get("activeVersion") != live.version:
        return True
    return status.get("phase") in {"Ready", "Suspended"} and not _is_told(live.claims, status)


def _is_told(claims: Sequence[Claim], status: Mapping[str, Any]) -> bool:
    told = {
        (c["type"], c["status"], c["reason"], c.get("message", ""))
        for c in status.get("conditions") or ()
    }
    return all((c.type, c.said, c.reason, c.message[:LONGEST]) in told for c in claims)


def _reason(status: Mapping[str, Any]) -> str:
    found = (c["reason"] for c in status.get("conditions") or () if c["type"] == "Stalled")
    return next(found, "")


def _says(body: Object, annotation: str) -> bool:
    return (body["metadata"].get("annotations") or {}).get(annotation) == "true"
