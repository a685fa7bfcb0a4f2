"""The status of both kinds: conditions as kstatus reads them, and what `kubectl get` shows."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from alur_engine.durations import duration_seconds
from alur_operator.domain import reasons
from alur_operator.domain.documents import MAX_MESSAGE, MAX_OUTPUT_BYTES
from alur_operator.domain.plan import LONGEST, Claim, Live, fingerprint

Object = Mapping[str, Any]
PHASES = {
    "queued": "Pending",
    "running": "Running",
    "waiting": "Waiting",
    "succeeded": "Succeeded",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "in-doubt": "InDoubt",
}
ENDED = frozenset({"Succeeded", "Failed", "Cancelled"})
NEEDS_PERSON = frozenset({"Failed", "InDoubt"})


def kubernetes_time(moment: float) -> str:
    """Return a time as Kubernetes writes it."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def conditions(body: Object, claims: Sequence[Claim], now: float) -> list[dict[str, Any]]:
    """Return the conditions; the time of one changes only with its status."""
    before = {c["type"]: c for c in (body.get("status") or {}).get("conditions") or ()}
    generation = body["metadata"].get("generation", 1)
    told = []
    for claim in claims:
        known = before.get(claim.type, {})
        is_as_before = known.get("status") == claim.said
        since = known["lastTransitionTime"] if is_as_before else kubernetes_time(now)
        told.append(
            {
                "type": claim.type,
                "status": claim.said,
                "reason": claim.reason,
                "message": claim.message[:LONGEST],
                "lastTransitionTime": since,
                "observedGeneration": generation,
            }
        )
    return told


def ready(body: Object, live: Live, now: float) -> dict[str, Any]:
    """Return the status of a workflow that Alur has as it was applied."""
    spec = body["spec"]
    suspended, triggers = bool(spec.get("suspend")), spec.get("triggers") or ()
    active = (
        Claim("TriggersActive", False, reasons.SUSPENDED, "triggers rest")
        if suspended
        else Claim(
            "TriggersActive", bool(triggers), reasons.ACTIVE if triggers else reasons.NO_TRIGGERS
        )
    )
    message = f"version {live.version} is active"
    claims = (
        Claim("Ready", True, reasons.PUBLISHED, message),
        Claim("Reconciling", False, reasons.SETTLED),
        Claim("Stalled", False, reasons.SETTLED),
        Claim("Validated", True, reasons.PUBLISHED),
        Claim("Published", True, reasons.PUBLISHED, message),
        active,
        Claim("Suspended", suspended, reasons.SUSPENDED if suspended else reasons.ACTIVE),
        *live.claims,
    )
    return {
        **_seen(body),
        "phase": "Suspended" if suspended else "Ready",
        "uid": live.uid,
        "activeVersion": live.version,
        "triggerCount": len(triggers),
        "nodeCount": len(spec.get("nodes") or ()),
        "conditions": conditions(body, claims, now),
    }


def stalled(body: Object, reason: str, message: str, now: float) -> dict[str, Any]:
    """Return the status of a workflow that waits for a person. What ran before goes on running."""
    is_valid = reason != reasons.INVALID
    claims = (
        Claim("Ready", False, reason, message),
        Claim("Reconciling", False, reason),
        Claim("Stalled", True, reason, message),
        Claim("Validated", is_valid, reason, "" if is_valid else message),
        Claim("Published", False, reason, message),
    )
    return {**_seen(body), "phase": "Stalled", "conditions": conditions(body, claims, now)}


def working(body: Object, reason: str, message: str, now: float) -> dict[str, Any]:
    """Return the status of a workflow whose change could not be done yet."""
    claims = (
        Claim("Ready", False, reason, message),
        Claim("Reconciling", True, reason, message),
        Claim("Stalled", False, reason),
        Claim("Published", False, reason, message),
    )
    return {"phase": "Pending", "conditions": conditions(body, claims, now)}


def is_told(told: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a status says all of it already, as it does of most objects that an operator finds as it starts."""
    return all(before.get(key) == value for key, value in told.items())


def says_more(told: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a status says something else than the one before: times and wordings make no difference."""
    return told.get("phase") != before.get("phase") or _reasons(told) != _reasons(before)


def _reasons(status: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    kept = ("type", "status", "reason", "observedGeneration")
    # What is wrong with a workflow changes while it is mended, and not by itself.
    told = {reasons.WORKFLOW_STALLED: (*kept, "message")}
    return {
        tuple(c.get(key) for key in told.get(c.get("reason"), kept))
        for c in status.get("conditions") or ()
    }


def reason_of(status: Mapping[str, Any]) -> str:
    """Return the reason that a run's status gives for its phase; nothing when it has no status."""
    found = (c["reason"] for c in status.get("conditions") or () if c["type"] == "Succeeded")
    return next(found, "")


def last_execution(shown: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the latest execution of a workflow as its status tells it."""
    if not shown:
        return None
    told = {
        "id": shown["id"],
        "phase": PHASES[shown["status"]],
        "startTime": _seconds(shown.get("startedAt")),
        "completionTime": _seconds(shown.get("finishedAt")),
    }
    return {key: value for key, value in told.items() if value is not None}


def run_status(body: Object, execution: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the status of a run whose execution Alur shows so."""
    phase = PHASES[execution["status"]]
    error = execution.get("error") or {}
    message = str(error.get("message") or execution.get("reason") or "")
    if phase == "Cancelled" and is_overdue(body, execution):
        phase, message = "Failed", f"timed out after {body['spec']['timeout']}"
        reason = reasons.TIMED_OUT
    else:
        reason = phase
    status: dict[str, Any] = {
        **_seen(body),
        "executionId": execution["id"],
        "version": execution["version"],
        "phase": phase,
        "startTime": _seconds(execution.get("startedAt")),
        "completionTime": _seconds(execution.get("finishedAt")),
    }
    if phase == "Succeeded":
        status["output"], cut = _output(execution)
        message = cut or message
    status["message"] = message[:MAX_MESSAGE] or None
    status["conditions"] = conditions(body, run_claims(phase, reason, message), now)
    told = body.get("status") or {}
    # A patch by merging removes what is null, such as the message of what was waited for before.
    return {key: value for key, value in status.items() if value is not None or key in told}


def run_claims(phase: str, reason: str, message: str) -> tuple[Claim, ...]:
    """Return the conditions of a run in a phase."""
    succeeded = {"Succeeded": True, "Failed": False, "Cancelled": False}.get(phase)
    failed = {"Succeeded": False, "Failed": True, "Cancelled": False}.get(phase)
    needs_person = phase in NEEDS_PERSON
    return (
        Claim("Succeeded", succeeded, reason, message),
        Claim("Failed", failed, reason, message if failed else ""),
        Claim("Reconciling", phase not in ENDED and not needs_person, reason),
        Claim("Stalled", needs_person, reason, message if needs_person else ""),
    )


def run_pending(body: Object, reason: str, message: str, now: float) -> dict[str, Any]:
    """Return the status of a run that could not be started yet."""
    told = run_claims("Pending", reason, message)
    return {
        "phase": "Pending",
        "message": message[:MAX_MESSAGE],
        "conditions": conditions(body, told, now),
    }


def run_refused(body: Object, reason: str, message: str, now: float) -> dict[str, Any]:
    """Return the status of a run that can never start as it is."""
    claims = conditions(body, run_claims("Failed", reason, message), now)
    times = {"completionTime": kubernetes_time(now)}
    return {
        **_seen(body),
        "phase": "Failed",
        "message": message[:MAX_MESSAGE],
        **times,
        "conditions": claims,
    }


def run_seen(body: Object) -> dict[str, Any]:
    """Return the status of a run that has ended, of its newest generation: its time to live alone can have changed."""
    generation = body["metadata"].get("generation", 1)
    known = body["status"].get("conditions") or ()
    return {
        "observedGeneration": generation,
        "conditions": [{**each, "observedGeneration": generation} for each in known],
    }


def is_overdue(body: Object, execution: Mapping[str, Any], now: float | None = None) -> bool:
    """Whether an execution runs, or ran, longer than its run allows."""
    limit, began = body["spec"].get("timeout"), execution.get("startedAt")
    if not limit or not began:
        return False
    ended = execution.get("finishedAt")
    end = seconds_of(ended) if ended else now
    return end is not None and end - seconds_of(began) >= duration_seconds(limit)


def seconds_of(text: str) -> float:
    """Return a time of the API in seconds."""
    return datetime.datetime.fromisoformat(text).timestamp()


def _seconds(text: str | None) -> str | None:
    return None if text is None else kubernetes_time(seconds_of(text))


def _seen(body: Object) -> dict[str, Any]:
    return {"observedGeneration": body["metadata"].get("generation", 1)} | (
        {"observedHash": fingerprint(body)} if body.get("kind") == "Workflow" else {}
    )


def _output(execution: Mapping[str, Any]) -> tuple[list[Any] | None, str]:
    output = execution.get("output")
    size = len(orjson.dumps(output))
    if size <= MAX_OUTPUT_BYTES:
        return output, ""
    return (
        None,
        f"the output has {size} bytes, more than fit here: `alur get executions {execution['id']}`",
    )
