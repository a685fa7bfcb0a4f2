"""Workflows: as applied, so in Alur."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

from alur_operator.domain import reasons, status
from alur_operator.domain.admission import with_paths
from alur_operator.domain.plan import (
    Keep,
    LetGo,
    Live,
    Refuse,
    Save,
    is_new,
    plan_after_failure,
    plan_removal,
    plan_save,
)
from alur_operator.ports import Alur, Object, Telling
from alur_sdk.errors import (
    AlurError,
    ConflictError,
    ExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)

SETTLING_SECONDS = 10.0
"""So long Alur may be at what an operator asked that ended, or that heard no answer."""


class LaterError(Exception):
    """It cannot be done now: set this status and try again, at the latest within so many seconds."""

    def __init__(
        self,
        message: str,
        told: dict[str, Any] | None = None,
        *,
        within_seconds: float = math.inf,
    ) -> None:
        super().__init__(message)
        self.status = told
        self.within_seconds = within_seconds


class WorkflowKeeper:
    """Reconciles Workflows. Every method may be called again with the same object."""

    def __init__(
        self, alur: Alur, tell: Telling, now: Callable[[], float], *, cleanup_seconds: float
    ) -> None:
        self._alur = alur
        self._tell = tell
        self._now = now
        self._began = now()
        self._unanswered: dict[str, float] = {}
        self._cleanup_seconds = cleanup_seconds

    async def reconcile(self, body: Object) -> dict[str, Any]:
        """Make Alur's workflow what the object says and return the status. Raises `LaterError`."""
        try:
            live = await self._save(body)
        except InvalidError as error:
            # The condition is all that a user of kubectl sees.
            text = with_paths(error.problems) or error.message
            return self._stalled(body, reasons.INVALID, text)
        except (UnauthenticatedError, ForbiddenError) as error:
            told = self._stalled(body, reasons.TOKEN_REFUSED, error.message)
            raise LaterError(error.message, told) from error
        except AlurError as error:
            is_race = isinstance(error, ConflictError | ExistsError | NotFoundError)
            if not is_race:
                self._unanswered[body["metadata"]["uid"]] = self._now()
            reason = reasons.CONFLICT if is_race else reasons.REGISTRY_UNAVAILABLE
            told = status.working(body, reason, error.message, self._now())
            raise LaterError(error.message, told) from error
        self._unanswered.pop(body["metadata"]["uid"], None)
        if isinstance(live, Refuse):
            return self._stalled(body, live.reason, live.message)
        return self._ready(body, live)

    async def _save(self, body: Object) -> Live | Refuse:
        if is_new(body):
            # Most that is applied anew is new to Alur too: one request less for each.
            with contextlib.suppress(ExistsError, ConflictError):
                return await self._put(body, plan_save(body, None))
        metadata = body["metadata"]
        live = await self._alur.find_workflow(metadata["namespace"], metadata["name"])
        return await self._put(body, plan_save(body, live))

    async def _put(self, body: Object, step: Save | Keep | Refuse) -> Live | Refuse:
        if isinstance(step, Keep):
            return step.live
        if isinstance(step, Refuse):
            return step
        metadata = body["metadata"]
        name = (metadata["namespace"], metadata["name"])
        return await self._alur.put_workflow(*name, step.document, step.etag)

    async def remove(self, body: Object, waited_seconds: float, tries: int) -> None:
        """Delete the workflow of an object that is being deleted. Raises `LaterError` while that cannot be done.

        Its executions finish or are cancelled as `spec.settings.deletionPolicy` says: Alur sees to it, for they run on versions
        that outlive the workflow. An object that never had a workflow of its own takes none with it.
        """
        step = plan_removal(body)
        if isinstance(step, LetGo):
            self._abandon(body, step)
            return
        try:
            await self._delete(body)
        except AlurError as error:
            given_up = plan_after_failure(waited_seconds, self._cleanup_seconds, tries)
            if given_up is None:
                told = status.working(body, reasons.DELETING, error.message, self._now())
                raise LaterError(error.message, told | {"phase": "Deleting"}) from error
            self._abandon(body, given_up)

    async def _delete(self, body: Object) -> None:
        metadata = body["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        live = await self._alur.find_workflow(namespace, name)
        if live is None and self._may_be_made(body):
            # Without a status, for it is no news, and one would say that the object was handled.
            raise LaterError("Alur may still be making it")
        if live is not None and not isinstance(plan_save(body, live), Refuse):
            with contextlib.suppress(NotFoundError):
                await self._alur.delete_workflow(namespace, name)
        self._unanswered.pop(metadata["uid"], None)

    def _may_be_made(self, body: Object) -> bool:
        """Whether Alur may have been asked for it by somebody who heard no answer, and be still at it."""
        asked = max(self._began, self._unanswered.get(body["metadata"]["uid"], 0.0))
        is_answered = "observedHash" in (body.get("status") or {})
        return not is_answered and self._now() < asked + SETTLING_SECONDS

    def _abandon(self, body: Object, step: LetGo) -> None:
        self._tell(body, reason=reasons.CLEANUP_ABANDONED, message=step.warning, warning=True)

    def _ready(self, body: Object, live: Live) -> dict[str, Any]:
        before = body.get("status") or {}
        if before.get("activeVersion") != live.version or before.get("phase") == "Stalled":
            message = f"version {live.version} is active"
            self._tell(body, reason=reasons.PUBLISHED, message=message)
        return status.ready(body, live, self._now())

    def _stalled(self, body: Object, reason: str, message: str) -> dict[str, Any]:
        told = status.stalled(body, reason, message, self._now())
        if (body.get("status") or {}).get("phase") != "Stalled":
            self._tell(body, reason=reason, message=message, warning=True)
        return told
