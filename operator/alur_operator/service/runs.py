"""Runs: one execution for each object, followed to its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson

from alur_engine.durations import duration_seconds
from alur_operator.domain import reasons, status
from alur_operator.domain.names import UNSEEN
from alur_operator.domain.plan import LetGo, plan_after_failure, plan_removal, plan_start
from alur_operator.ports import Alur, Cluster, Object, RunWish, Telling
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

        The status is not believed where Alur can be asked: who may write it could name another execution.
        """
        try:
            told = await self._started(body)
        except LaterError as later:
            told = await self._given_up(body, later)
        self._unanswered.pop(body["metadata"]["uid"], None)
        return self._told_of(body, told)

    async def _started(self, body: Object) -> dict[str, Any]:
        try:
            execution = await self._start(body)
        except NotFoundError as error:
            # Where a version was named this is the first look at the Workflow, which may say why it is not there.
            await self._see_workflow(body)
            raise self._later(body, reasons.WORKFLOW_NOT_FOUND, error) from error
        except (UnauthenticatedError, ForbiddenError) as error:
            raise self._later(body, reasons.TOKEN_REFUSED, error) from error
        except InvalidError as error:
            return status.run_refused(body, reasons.INPUT_INVALID, error.message, self._now())
        except AlurError as error:
            self._unanswered[body["metadata"]["uid"]] = self._now()
            raise self._later(body, reasons.REGISTRY_UNAVAILABLE, error) from error
        return status.run_status(body, execution, self._now())

    async def _given_up(self, body: Object, later: LaterError) -> dict[str, Any]:
        """Return the status of a run whose time was over before it began. Raises `LaterError` until that is sure."""
        limit, metadata, left = body["spec"].get("timeout"), body["metadata"], math.inf
        if limit:
            until = status.seconds_of(metadata["creationTimestamp"]) + duration_seconds(limit)
            left = until - self._now()
        if left > 0:
            later.within_seconds = min(later.within_seconds, left)
            self._told_of(body, later.status or {})
            raise later
        try:
            derived = await self._alur.derived_execution(_bare_wish(body))
            execution = await self._find(metadata["namespace"], derived)
        except AlurError:
            raise later from None
        if execution is not None:
            return status.run_status(body, execution, self._now())
        if self._may_begin(body):
            raise later
        message = f"timed out after {limit}, before it began: {later}"
        return status.run_refused(body, reasons.TIMED_OUT, message, self._now())

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
        wish = await self._wish(body)
        begun = (body.get("status") or {}).get("executionId")
        if wish.version is None and not begun:
            await self._see_workflow(body)
        try:
            return await self._alur.start(wish, wait_seconds=WAIT_SECONDS)
        except NotFoundError:
            # An execution outlives its workflow.
            found = await self._find(wish.namespace, begun)
            if found is None or found["workflow"] != wish.workflow:
                raise
            return found
        except MismatchError:
            # The input was read again and is another one by now: the execution is the first one's.
            execution_id = await self._alur.derived_execution(wish)
            found = await self._find(wish.namespace, execution_id)
            if found is None:
                raise
            return found

    async def follow(self, body: Object) -> dict[str, Any] | None:
        """Return the status of a run that was started, or None when it is gone. Cancels it when its time is over."""
        namespace, told = body["metadata"]["namespace"], body["status"]
        execution = await self._find(namespace, told.get("executionId"))
        if execution is None:
            return None
        if status.is_overdue(body, execution, self._now()) and not execution.get("finishedAt"):
            await self._alur.cancel(
                namespace, execution["id"], f"timed out after {body['spec']['timeout']}"
            )
        return self._told_of(body, status.run_status(body, execution, self._now()))

    def lost(self, body: Object) -> dict[str, Any]:
        """Return the status of a run whose execution Alur no longer has: what became of it nobody can say."""
        message = f"Alur no longer has the execution {body['status']['executionId']}"
        told = status.run_refused(body, reasons.EXECUTION_GONE, message, self._now())
        return self._told_of(body, told)

    async def cancel(self, body: Object, waited_seconds: float, tries: int) -> None:
        """Cancel the execution of a run that is being deleted. Raises `LaterError` while that cannot be done."""
        step = plan_removal(body)
        if isinstance(step, LetGo):
            self._abandon(body, step)
            return
        if self.is_settled(body):
            return
        try:
            is_there = await self._cancel(body)
        except AlurError as error:
            given_up = plan_after_failure(waited_seconds, self._cleanup_seconds, tries)
            if given_up is None:
                raise LaterError(error.message) from error
            self._abandon(body, given_up)
            return
        is_told = bool((body.get("status") or {}).get("executionId"))
        if not is_there and not is_told and self._may_begin(body):
            raise LaterError("Alur may still be starting it")
        self._unanswered.pop(body["metadata"]["uid"], None)

    async def _cancel(self, body: Object) -> bool:
        wish = _bare_wish(body)
        derived = await self._alur.derived_execution(wish)
        execution_id = derived or (body.get("status") or {}).get("executionId")
        if not execution_id:
            return False
        reason = "its WorkflowRun was deleted"
        return await self._alur.cancel(wish.namespace, execution_id, reason)

    def _abandon(self, body: Object, step: LetGo) -> None:
        self._tell(body, reason=reasons.CLEANUP_ABANDONED, message=step.warning, warning=True)

    def deletion_due(self, body: Object) -> float | None:
        """Return when a run that has ended is to be deleted, or None: never."""
        told, lives = body.get("status") or {}, body["spec"].get("ttlAfterFinished")
        if told.get("phase") not in status.ENDED or lives is None or not told.get("completionTime"):
            return None
        return status.seconds_of(told["completionTime"]) + duration_seconds(lives)

    async def delete(self, body: Object) -> None:
        """Delete a run whose time to live is over."""
        metadata = body["metadata"]
        await self._cluster.delete_run(metadata["namespace"], metadata["name"], metadata["uid"])

    async def _find(self, namespace: str, execution_id: str | None) -> dict[str, Any] | None:
        return await self._alur.find_execution(namespace, execution_id) if execution_id else None

    async def _wish(self, body: Object) -> RunWish:
        spec, metadata = body["spec"], body["metadata"]
        given: list[dict[str, Any]] | None = spec.get("input")
        if spec.get("inputFrom"):
            given = _items(await self._read(body))
        return RunWish(
            namespace=metadata["namespace"],
            workflow=spec["workflow"],
            key=metadata["uid"],
            input=given,
            start=spec.get("start"),
            version=spec.get("version"),
        )

    async def _read(self, body: Object) -> str:
        source, namespace = body["spec"]["inputFrom"], body["metadata"]["namespace"]
        is_secret = "secretKeyRef" in source
        reference = source["secretKeyRef" if is_secret else "configMapKeyRef"]
        plural = "secrets" if is_secret else "configmaps"
        name, key = reference["name"], reference["key"]
        try:
            return await self._cluster.read_key(plural, namespace, name, key)
        except NotFoundError as error:
            raise self._later(body, reasons.INPUT_NOT_FOUND, error) from error
        except ForbiddenError as error:
            raise self._later(body, reasons.INPUT_FORBIDDEN, error) from error

    def _told_of(self, body: Object, told: dict[str, Any]) -> dict[str, Any]:
        """Tell, once, of what a person has to act on: a run that failed or is in doubt, a Workflow that holds it up."""
        reason, before = (status.reason_of(each) for each in (told, body.get("status") or {}))
        holds_up = reason == reasons.WORKFLOW_STALLED
        if reason != before and (holds_up or told.get("phase") in status.NEEDS_PERSON):
            self._tell(body, reason=reason, message=told.get("message") or reason, warning=True)
        return told

    def _later(self, body: Object, reason: str, error: AlurError) -> LaterError:
        told = status.run_pending(body, reason, error.message, self._now())
        return LaterError(error.message, told)


def _bare_wish(body: Object) -> RunWish:
    """Return the wish of a run without its input, which says no more about the execution's id."""
    metadata = body["metadata"]
    return RunWish(metadata["namespace"], body["spec"]["workflow"], metadata["uid"], None)


def _items(text: str) -> list[dict[str, Any]]:
    """Return the items that a text holds: one JSON object or a list of them. Raises `InvalidError`."""
    try:
        value = orjson.loads(text)
    except ValueError as error:
        raise InvalidError(f"the input is no JSON: {error}") from error
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in items):
        raise InvalidError("the input is a JSON object, or a list of them")
    return items
