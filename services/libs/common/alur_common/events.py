"""Events between services. Fields may be added, never changed or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

OUTSIDE_DAYS = 7
"""How long an event of an outside producer is kept, and so can come again."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; events of one key keep their order."""

    topic: ClassVar[str]
    key: str
    """The execution id for run events, the workflow's uid for events of definitions."""
    tenant: str


@dataclass(frozen=True, slots=True)
class ExecutionRequested(Event):
    """An execution was accepted and is durable; admission has yet to let it in."""

    topic: ClassVar[str] = "alur.execution.run.requested.v1"


@dataclass(frozen=True, slots=True)
class ExecutionAdmitted(Event):
    """An execution may run, or go on: an executor claims it."""

    topic: ClassVar[str] = "alur.execution.run.admitted.v1"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ExecutionNudged(Event):
    """A message for an execution lies in the inbox: whoever runs it reads it now."""

    topic: ClassVar[str] = "alur.execution.run.nudged.v1"


@dataclass(frozen=True, slots=True)
class ExecutionStarted(Event):
    """An execution was claimed for the first time; one that is done before it had to be is told as completed alone."""

    topic: ClassVar[str] = "alur.execution.run.started.v1"
    workflow_uid: str = ""


@dataclass(frozen=True, slots=True)
class ExecutionSuspended(Event):
    """An execution left memory and waits; `wake_at` is seconds since 1970, or None for a signal or child."""

    topic: ClassVar[str] = "alur.execution.run.suspended.v1"
    wake_at: float | None = None


@dataclass(frozen=True, slots=True)
class TaskOffered(Event):
    """A node run waits for an executor that serves its pool; whoever claims it first runs it."""

    topic: ClassVar[str] = "alur.execution.task.offered.v1"
    pool: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True)
class ExecutionCompleted(Event):
    """An execution ended, well or badly. It carries no payload; times are RFC 3339, null is what never was."""

    topic: ClassVar[str] = "alur.execution.run.completed.v1"
    project: str = ""
    workflow: str = ""
    workflow_uid: str = ""
    version: int = 0
    status: str = ""
    gated: bool = False
    parent: str | None = None
    accepted_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class GateChanged(Event):
    """An execution wants to pass the gate of a workflow with a concurrency limit, or has ended behind it.

    For the scheduler that decides about the workflow: from one that does not, or from whoever wrote the end.
    """

    topic: ClassVar[str] = "alur.workflow.gate.changed.v1"
    execution: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowVersionPublished(Event):
    """A workflow has a new active version, was suspended or resumed, or was deleted."""

    topic: ClassVar[str] = "alur.workflow.version.published.v1"
    project: str = ""
    workflow: str = ""
    version: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ExternalReceived(Event):
    """A CloudEvent of an outside producer. It is as trustworthy as its signature, which covers `data`'s bytes.

    `producer` names the key of the signature; `tenant` is what the producer claims, empty when it claims none.
    """

    topic: ClassVar[str] = "alur.event.external.received.v1"
    id: str
    source: str
    type: str
    time: str = ""
    subject: str = ""
    content_type: str = ""
    data: bytes = b""
    producer: str = ""
    signature: str = ""
