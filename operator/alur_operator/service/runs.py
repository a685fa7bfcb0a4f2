"""Runs: one execution for each object, followed to its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson

from alur_operator.domain import reasons, status
from alur_operator.domain.names import UNSEEN
from alur_operator.domain.plan import LetGo, plan_after_failure, plan_removal, plan_start
from alur_operator.ports import Alur, Cluster, Object, Telling
from alur_operator.service.begun import Begun, named
from alur_operator.service.inputs import bare_wish, read_input
from alur_operator.service.workflows import SETTLING_SECONDS, LaterError
from alur_sdk.errors import (
    AlurError,
    ForbiddenError,
    InvalidError,
    MismatchError,
    NotFoundError,
    StateError,
    UnauthenticatedError,
)

WAIT_SECONDS = 1.0
"""How long a start waits for the end: most runs need no second look."""
PENDING_SECONDS = 15.0
"""At least so often it is looked whether a workflow is active by now: nobody but the operator is waited for."""
_UNREACHED = frozenset({reasons.REGISTRY_UNAVAILABLE, reasons.TOKEN_REFUSED})


class RunKeeper:
    """Starts, follows and cancels the executions of WorkflowRuns. Every method may be called again with the same object."""

    def __init__(
        self,
        alur: Alur,
        cluster: Cluster,
        tell: Telling,
        now: Callable[[], float],
        *,
        cleanup_seconds: float,
    ) -> None:
        self._alur = alur
        self._begun = Begun(alur)
        self._cluster = cluster
        self._tell = tell
        self._now = now
        self._began = now()
        self._unanswered: dict[str, float] = {}
        self._cleanup_seconds = cleanup_seconds

    def is_settled(self, body: Object) -> bool:
        """Whether a run has ended by what we wrote for this very generation."""
        told = body.get("status") or {}
        generation = body["metadata"].get("generation")
        seen = told.get("observedGeneration") or UNSEEN
        return told.get("phase") in status.ENDED and UNSEEN < seen <= generation

    async def start(self, body: Object) -> dict[str, Any]:
        """Start the execution of a run, which happens once for its uid, and return the status. Raises `LaterError`.

        What began goes on, whatever became of its workflow and its input since.
        """
        told = await self._going_on(body)
        if told is None:
            try:
                told = await self._started(body)
            except LaterError as later:
                told = await self._given_up(body, later)
        self._unanswered.pop(body["metadata"]["uid"], None)
        try:
            return await self._placed(body, self._told_of(body, told))
        except AlurError as error:
            raise LaterError(error.message) from error

    async def _going_on(self, body: Object) -> dict[str, Any] | None:
        """Return the status of a run that began by its status; None where that names nothing, or what is another's."""
        if named(body) is None:
            return None
        try:
            execution = await self._begun.find(body)
            is_gone = execution is None and await self._begun.is_gone(body)
        except AlurError as error:
            raise self._unreached(body, error, body["status"].get("phase")) from error
        if execution is not None:
            return status.run_status(body, execution, self._now())
        return self._gone(body) if is_gone else None

    async def _started(self, body: Object) -> dict[str, Any]:
        try:
            execution = await self._start(body)
        except NotFoundError as error:
            # Where a version was named this is the first look at the Workflow, which may say why it is not there.
            await self._see_workflow(body)
            raise self._later(body, reasons.WORKFLOW_NOT_FOUND, error) from error
        except InvalidError as error:
            return await self._refused(body, error)
        except AlurError as error:
            if not isinstance(error, UnauthenticatedError | ForbiddenError):
                self._unanswered[body["metadata"]["uid"]] = self._now()
            raise self._unreached(body, error) from error
        return status.run_status(body, execution, self._now())

    async def _refused(self, body: Object, error: InvalidError) -> dict[str, Any]:
        """Return the status of a run that is wrong by now. It may have begun all the same, before somebody could tell so."""
        try:
            execution = await self._begun.find(body)
        except AlurError as unreached:
            raise self._unreached(body, unreached) from unreached
        if execution is not None:
            return status.run_status(body, execution, self._now())
        return status.run_refused(body, reasons.INPUT_INVALID, error.message, self._now())

    async def _given_up(self, body: Object, later: LaterError) -> dict[str, Any]:
        """Return the status of a run that waits in vain: it has begun, or its time is over. Raises `LaterError` until that is sure."""
        left = status.created(body) + status.timeout_seconds(body) - self._now()
        reason = status.reason_of(later.status or {})
        if left > 0 and reason in _UNREACHED:
            raise self._held_up(body, later, left)
        try:
            execution = await self._begun.find(body)
        except AlurError:
            raise self._held_up(body, later, left) from None
        if execution is not None:
            return status.run_status(body, execution, self._now())
        if left > 0 or self._may_begin(body):
            raise self._held_up(body, later, left)
        message = f"timed out after {body['spec']['timeout']}, before it began: {later}"
        return status.run_refused(body, reasons.TIMED_OUT, message, self._now())

    def _held_up(self, body: Object, later: LaterError, left: float) -> LaterError:
        if left > 0:
            later.within_seconds = min(later.within_seconds, left)
        self._told_of(body, later.status or {})
        return later

    def _may_begin(self, body: Object) -> bool:
        """Whether Alur may have been asked to start it by somebody who heard no answer, and be still at it."""
        asked = max(self._began, self._unanswered.get(body["metadata"]["uid"], 0.0))
        return self._now() < asked + SETTLING_SECONDS

    async def _see_workflow(self, body: Object) -> None:
        """Raise `LaterError` while the Workflow of a run is not active as it was applied last."""
        namespace, name = body["metadata"]["namespace"], body["spec"]["workflow"]
        try:
            wait = plan_start(await self._cluster.find_object("workflows", namespace, name))
        except AlurError as error:
            raise self._later(body, reasons.WORKFLOW_PENDING, error) from error
        if wait is not None:
            later = self._later(body, wait.reason, StateError(wait.message))
            if wait.reason == reasons.WORKFLOW_PENDING:
                later.within_seconds = PENDING_SECONDS
            raise later

    async def _start(self, body: Object) -> dict[str, Any]:
        wish = bare_wish(body, await self._read(body))
        if wish.version is None:
            await self._see_workflow(body)
        try:
            return await self._alur.start(wish, wait_seconds=WAIT_SECONDS)
        except MismatchError:
            # The input was read again and is another one by now: the execution is the first one's.
            found = await self._begun.find(body)
            if found is None:
                raise
            return found

    async def follow(self, body: Object) -> dict[str, Any]:
        """Return the status of a run that was started. Cancels it when its time is over. Raises `AlurError`."""
        namespace, now = body["metadata"]["namespace"], self._now()
        execution = await self._alur.find_execution(namespace, body["status"]["executionId"])
        if execution is None:
            return self._told_of(body, self._gone(body))
        if status.is_overdue(body, execution, now) and not execution.get("finishedAt"):
            await self._alur.cancel(namespace, execution["id"], status.timed_out(body, execution))
        return await self._placed(
            body, self._told_of(body, status.run_status(body, execution, now))
        )

    async def look_up(self, body: Object) -> dict[str, Any]:
        """Return what is to be told of a run whose end somebody else told; nothing where nobody knows better. Raises `AlurError`.

        What was never begun, and so did not succeed, is to begin: its handler is called once it counts as unseen.
        """
        execution = await self._begun.find(body)
        if execution is not None:
            now = self._now()
            return await self._placed(body, status.run_status(body, execution, now))
        if named(body) is not None or body["status"]["phase"] == "Failed":
            return {}
        message = "somebody else wrote its status"
        told = status.run_held_up(body, reasons.PENDING, message, self._now())
        return {**dict.fromkeys(body["status"]), **told, "observedGeneration": UNSEEN}

    def not_followed(self, body: Object, error: Exception) -> dict[str, Any]:
        """Return the status of a run of which something failed that nobody expected."""
        message, phase = f"{type(error).__name__}: {error}", body["status"]["phase"]
        return status.run_held_up(body, reasons.NOT_FOLLOWED, message, self._now(), phase)

    def _gone(self, body: Object) -> dict[str, Any]:
        """Return the status of a run whose execution Alur no longer has: what became of it nobody can say."""
        message = f"Alur no longer has the execution {named(body)}"
        return status.run_refused(body, reasons.EXECUTION_GONE, message, self._now())

    async def cancel(self, body: Object, waited_seconds: float, tries: int) -> None:
        """Cancel the execution of a run that is being deleted. Raises `LaterError` while that cannot be done."""
        step = plan_removal(body)
        if isinstance(step, LetGo):
            self._abandon(body, step)
            return
        try:
            is_there = await self._cancel(body)
        except AlurError as error:
            given_up = plan_after_failure(waited_seconds, self._cleanup_seconds, tries)
            if given_up is None:
                raise LaterError(error.message) from error
            self._abandon(body, given_up)
            return
        if not is_there and named(body) is None and self._may_begin(body):
            raise LaterError("Alur may still be starting it")
        self._unanswered.pop(body["metadata"]["uid"], None)

    async def _cancel(self, body: Object) -> bool:
        """Cancel what a run began; return whether it is known what became of that. An end that the status tells may be forged."""
        if self.is_settled(body):
            execution = await self._begun.find(body)
            if execution is None or execution.get("finishedAt"):
                return True
        return await self._begun.cancel(body, "its WorkflowRun was deleted")

    def _abandon(self, body: Object, step: LetGo) -> None:
        self._tell(body, reason=reasons.CLEANUP_ABANDONED, message=step.warning, warning=True)

    def deletion_due(self, body: Object) -> float | None:
        """Return when a run that has ended is to be deleted, or None: never."""
        told = body.get("status") or {}
        lives = status.lasting_seconds(body["spec"].get("ttlAfterFinished"))
        if told.get("phase") not in status.ENDED or not told.get("completionTime"):
            return None
        return None if math.isinf(lives) else status.seconds_of(told["completionTime"]) + lives

    async def delete(self, body: Object) -> None:
        """Delete a run whose time to live is over."""
        metadata = body["metadata"]
        await self._cluster.delete_run(metadata["namespace"], metadata["name"], metadata["uid"])

    async def _read(self, body: Object) -> list[dict[str, Any]] | None:
        try:
            return await read_input(self._cluster, body)
        except NotFoundError as error:
            raise self._later(body, reasons.INPUT_NOT_FOUND, error) from error
        except ForbiddenError as error:
            raise self._later(body, reasons.INPUT_FORBIDDEN, error) from error

    async def _placed(self, body: Object, told: dict[str, Any]) -> dict[str, Any]:
        """Return what is left to tell by merging, which would take an output's nulls for removals: such a one is put there."""
        output, metadata = told.get("output"), body["metadata"]
        if not output or b"null" not in orjson.dumps(output):
            return told
        if output != (body.get("status") or {}).get("output"):
            await self._cluster.set_output(metadata["namespace"], metadata["name"], output)
        return {key: value for key, value in told.items() if key != "output"}

    def _told_of(self, body: Object, told: dict[str, Any]) -> dict[str, Any]:
        """Tell, once, of what a person has to act on: a run that failed or is in doubt, a Workflow that holds it up."""
        reason, before = (status.reason_of(each) for each in (told, body.get("status") or {}))
        holds_up = reason == reasons.WORKFLOW_STALLED
        if reason != before and (holds_up or told.get("phase") in status.NEEDS_PERSON):
            self._tell(body, reason=reason, message=told.get("message") or reason, warning=True)
        return told

    def _unreached(self, body: Object, error: AlurError, phase: str | None = None) -> LaterError:
        is_refused = isinstance(error, UnauthenticatedError | ForbiddenError)
        reason = reasons.TOKEN_REFUSED if is_refused else reasons.REGISTRY_UNAVAILABLE
        return self._later(body, reason, error, phase)

    def _later(
        self, body: Object, reason: str, error: AlurError, phase: str | None = None
    ) -> LaterError:
        told = status.run_held_up(body, reason, error.message, self._now(), phase or "Pending")
        return LaterError(error.message, told)
