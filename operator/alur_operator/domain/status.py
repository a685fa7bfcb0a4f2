"""The status of both kinds: conditions as kstatus reads them, and what `kubectl get` shows."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from alur_engine.durations import duration_seconds
from alur_operator.domain import reasons
from alur_operator.domain.documents import MAX_MESSAGE, MAX_OUTPUT_BYTES, MAX_OUTPUT_ITEMS
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
    reason = phase
    if phase == "Cancelled" and _is_timed_out(body, execution, message):
        phase, message = "Failed", timed_out(body, execution)
        reason = reasons.TIMED_OUT
    status: dict[str, Any] = {
        **_seen(body),
        "executionId": execution["id"],
        "version": execution["version"],
        "phase": phase,
        "startTime": _seconds(execution.get("startedAt")),
        "completionTime": _seconds(execution.get("finishedAt")),
    }
    output, cut = _output(execution) if phase == "Succeeded" else (None, "")
    status["output"], message = output, cut or message
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


def run_held_up(
    body: Object, reason: str, message: str, now: float, phase: str = "Pending"
) -> dict[str, Any]:
    """Return the status of a run that could not be started yet, or not be followed in its phase."""
    told = run_claims(phase, reason, message)
    return {
        "phase": phase,
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
    """Whether an execution runs or waits to begin, or did so, longer than its run allows."""
    began = execution.get("startedAt") or body["metadata"]["creationTimestamp"]
    ended = execution.get("finishedAt")
    end = seconds_of(ended) if ended else now
    return end is not None and end - seconds_of(began) >= timeout_seconds(body)


def deadline(body: Object) -> float:
    """Return when the time of a run is over, by its status; at most a second later, for that has no fractions."""
    began = (body.get("status") or {}).get("startTime")
    since = seconds_of(began) + 1 if began else created(body)
    return since + timeout_seconds(body)


def created(body: Object) -> float:
    """Return when an object was made."""
    return seconds_of(body["metadata"]["creationTimestamp"])


def timeout_seconds(body: Object) -> float:
    """Return the seconds that a run may take."""
    return lasting_seconds(body["spec"].get("timeout"))


def lasting_seconds(duration: str | None) -> float:
    """Return the seconds of a duration of a run, infinity where there is none.

    An object of before the definition had that bound may say more than a century; it has no other text. That never ends.
    """
    try:
        return duration_seconds(duration) if duration else math.inf
    except ValueError:
        return math.inf


def timed_out(body: Object, execution: Mapping[str, Any]) -> str:
    """Return why the execution of a run is cancelled when its time is over."""
    text = f"timed out after {body['spec']['timeout']}"
    return text if execution.get("startedAt") else f"{text}, before it began"


def _is_timed_out(body: Object, execution: Mapping[str, Any], reason: str) -> bool:
    # The clocks of Alur and ours differ, and it may have begun while we cancelled it.
    limit = body["spec"].get("timeout")
    return bool(limit) and (
        reason.startswith(f"timed out after {limit}") or is_overdue(body, execution)
    )


def is_of(body: Object, execution: Mapping[str, Any]) -> bool:
    """Whether an execution may be that of a run, whose status may have been written by anybody."""
    spec = body["spec"]
    return (
        execution["workflow"] == spec["workflow"]
        and execution["mode"] == "manual"
        and spec.get("version") in {None, execution["version"]}
    )


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
    output: list[Any] | None = execution.get("output")
    size, count = len(orjson.dumps(output)), len(output or ())
    if size <= MAX_OUTPUT_BYTES and count <= MAX_OUTPUT_ITEMS:
        return output, ""
    has = f"{size} bytes" if size > MAX_OUTPUT_BYTES else f"{count} items"
    return (
        None,
        f"the output has {has}, more than fit here: `alur get executions {execution['id']}`",
    )
