"""What of the failures in an executor is a security event."""

from __future__ import annotations

from collections.abc import Iterable

from alur_common.executions import Execution
from alur_common.outbound.guard import REFUSED_HOST, RefusedError
from alur_common.security.events import Notes, SecurityEvent
from alur_sdk.errors import LIMITED_CREDENTIAL, AlurError, ForbiddenError

STOPPED = "stopped"
"""The detail in which the jail says why it stopped code."""


def note_failures(
    notes: Notes, execution: Execution, node: str, errors: Iterable[AlurError]
) -> None:
    """Note what of the failures of a node run is one; the same for many items is said once."""
    for error in dict.fromkeys(errors):
        meaning = _meaning(error)
        if meaning is not None:
            kind, reason, target = meaning
            notes.note(
                SecurityEvent(
                    kind,
                    tenant=execution.tenant,
                    reason=reason,
                    target=target,
                    project=execution.project,
                    workflow=execution.workflow,
                    execution=execution.id,
                    node=node,
                )
            )


def note_preview(notes: Notes, tenant: str, error: AlurError) -> None:
    """Note that an expression that somebody tried in the editor was stopped."""
    if STOPPED in error.details:
        reason = str(error.details[STOPPED])
        notes.note(
            SecurityEvent("code-stopped", tenant, reason, target=f"preview: {error.message}")
        )


def _meaning(error: AlurError) -> tuple[str, str, str] | None:
    """Return kind, reason and target. Of an address only the host is said: the rest may hold data."""
    if isinstance(error, RefusedError):
        details = error.details
        where = details.get("host") or details.get("address") or details.get("port") or ""
        return "address-refused", _REASONS.get(next(iter(details), ""), "no address"), str(where)
    if REFUSED_HOST in error.details:
        return "address-refused", _REASONS["host"], str(error.details[REFUSED_HOST])
    if LIMITED_CREDENTIAL in error.details:
        host = error.details.get("host")
        reason = "not for this type of node" if host is None else "not for this host"
        # What is written so that it names no plain host may hold data.
        where = "" if host is None else f" to {host or 'what names no plain host'}"
        return "credential-refused", reason, f"{error.details[LIMITED_CREDENTIAL]}{where}"
    if STOPPED in error.details:
        return "code-stopped", str(error.details[STOPPED]), error.message
    if isinstance(error, ForbiddenError):
        path = str(error.details.get("path", ""))
        return "permission-refused", error.message.removeprefix(f"{path}: "), path
    return None


_REASONS = {
    "address": "not a public address",
    "host": "leads to an address that is not public",
    "port": "a port that is not open",
}
"""The detail that a refusal of the guard has -> why it was refused."""
