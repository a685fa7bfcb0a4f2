"""What of the requests that are refused is a security event."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from alur_common.definitions import WorkflowRecord
from alur_common.security.events import Notes, SecurityEvent
from alur_common.security.rights import Caller, OutOfReachError
from alur_gateway.domain.errors import CsrfError
from alur_gateway.domain.hooks import hooks_of
from alur_gateway.ports import HookTable
from alur_sdk.errors import (
    LIMITED_CREDENTIAL,
    AlurError,
    ForbiddenError,
    LimitedError,
    UnauthenticatedError,
)

SIGN_IN = "create_session"
"""The operation by which a link is taken for a session."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the API: by whom, as far as that is known, and from where."""

    operation: str
    client: str
    caller: Caller | None = None
    shows_token: bool = False
    project: str = ""


class Refusals:
    """Notes them. A request without any proof of who asks is none: a browser that is not signed in sends such."""

    def __init__(self, notes: Notes, hooks: HookTable) -> None:
        self._notes = notes
        self._hooks = hooks

    def of_request(self, error: AlurError, asked: Asked) -> None:
        """Note a refused request to the API, if it is one to know of."""
        meaning = _meaning(error, asked)
        if meaning is None:
            return
        kind, reason = meaning
        caller, details = asked.caller, error.details
        self._notes.note(
            SecurityEvent(
                kind,
                tenant=str(details.get("tenant", "")) if caller is None else caller.tenant,
                reason=reason,
                who=str(details.get("who", "")) if caller is None else caller.user,
                source=asked.client,
                target=asked.operation,
                project=asked.project,
            )
        )

    def of_hook(self, error: AlurError, hook_id: str, method: str, path: str, client: str) -> None:
        """Note a refused call of a webhook; `path` is what follows its id, which is a secret and said nowhere."""
        if not _is_limited(error) and not isinstance(error, UnauthenticatedError):
            return
        record: WorkflowRecord | None = None
        trigger = ""
        with contextlib.suppress(AlurError):  # a registry that is out of reach, an unknown path
            record = self._hooks.find_hook(hook_id)
            if record is not None:
                trigger = hooks_of(record.document).find(method, path)[0].trigger
        event = SecurityEvent(
            _kind_of_hook(error),
            reason=error.message,
            source=client,
            target=str(error.details.get(LIMITED_CREDENTIAL) or trigger or "webhook"),
        )
        self._notes.note(event if record is None else _placed(event, record))


def _kind_of_hook(error: AlurError) -> str:
    if _is_limited(error):
        return "rate-limited"
    return "credential-refused" if LIMITED_CREDENTIAL in error.details else "proof-refused"


def _placed(event: SecurityEvent, record: WorkflowRecord) -> SecurityEvent:
    return SecurityEvent(
        event.kind,
        tenant=record.tenant,
        reason=event.reason,
        source=event.source,
        target=event.target,
        project=record.project,
        workflow=record.name,
    )


def _meaning(error: AlurError, asked: Asked) -> tuple[str, str] | None:
    """Return kind and reason, or None for what is no security event."""
    if isinstance(error, ForbiddenError | CsrfError):
        return "permission-refused", error.message
    if isinstance(error, OutOfReachError):
        return "permission-refused", "the project is out of their reach"
    if _is_limited(error):
        return "rate-limited", error.message
    if not isinstance(error, UnauthenticatedError):
        return None
    reason = _proof_shown(error, asked)
    return ("sign-in-refused", reason) if reason else None


def _proof_shown(error: AlurError, asked: Asked) -> str:
    """Return what is wrong with the proof that was shown; nothing was shown: empty."""
    if asked.operation == SIGN_IN:
        return "the sign-in link was used, is over or unknown"
    if "who" in error.details:
        return "a session's secret was used again: the session has ended"
    return "the token is not known, or over" if asked.shows_token else ""


def _is_limited(error: AlurError) -> bool:
    """Whether a rate limit of somebody's own was reached, not one of the whole."""
    return isinstance(error, LimitedError) and "per" in error.details
