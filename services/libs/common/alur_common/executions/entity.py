"""An execution, as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, Self

Status = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled", "in-doubt"]
ACTIVE = frozenset({"queued", "running", "waiting"})
ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""`in-doubt` is neither: it rests until a person resolves it."""
TROUBLED = frozenset({"failed", "cancelled", "in-doubt"})
"""What people look for among many that went well."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The node run that started this execution."""

    execution: str
    node: str
    path: str
    item: int
    waits: bool


@dataclass(frozen=True)
class Execution:
    """Running a version. Times are seconds since 1970, UTC.

    `input` is the list of JSON objects that leave the trigger; `entries` the journal entries that no batch holds (the last
    ones, kept with the end); `batches` how many journal batches there are; `seen` the key's content hash.
    """

    id: str
    tenant: str
    project: str
    workflow: str
    workflow_uid: str
    version: int
    mode: str
    """What started it: `webhook`, `schedule`, `event`, `kafka`, `manual`, `error`, `child`, `replay`."""
    accepted_at: float
    status: Status = "queued"
    trigger: str | None = None
    start: str | None = None
    input: Any = None
    input_blob: str | None = None
    priority: int = 0
    gated: bool = False
    """Admission decides when it runs (a concurrency limit)."""
    admitted: bool = True
    """False while admission has not let it in."""
    epoch: int = 0
    owner: str | None = None
    deaths: int = 0
    """So many owners in a row died or stopped while they had it in memory."""
    started_at: float | None = None
    finished_at: float | None = None
    deadline: float | None = None
    """When the execution's own time-out ends it."""
    wake_at: float | None = None
    awaits: list[str] | None = None
    """The signals that it waited for when it left memory."""
    batches: int = 0
    entries: Any = None
    output: Any = None
    output_blob: str | None = None
    error: dict[str, Any] | None = None
    reason: str | None = None
    """Why it was cancelled."""
    parent: Parent | None = None
    depth: int = 0
    replay_of: str | None = None
    cause: str | None = None
    """The failed execution because of which this one, of its error workflow, was started."""
    handler: str | None = None
    """The execution of the error workflow that its failure started."""
    reply_to: str | None = None
    """The gateway whose caller waits for the result."""
    reply: dict[str, Any] | None = None
    """What `core.respond` answered."""
    seen: str | None = None
    nodes: Any = None
    """Summary of node runs at the end: `[{name, status, attempts, items, startedAt, durationMs, error?}]`."""
    expire_at: float | None = None
    """When retention may remove it."""
    told_by: str | None = None
    """The process that wrote its end, which tells of it; see `alur_common.executions.outbox`."""
    told_number: int = 0
    """Which of that process's ends it is."""
    trace_id: str = ""
    """The trace in which it was accepted, once `trace` is in another."""
    trace: str = ""
    """Where the newest of its traces stands (`traceparent`): its acceptance, then whoever drove it last."""
    revision: int = 0

    @property
    def has_ended(self) -> bool:
        """It succeeded, failed or was cancelled."""
        return self.status in ENDED

    @property
    def first_trace(self) -> str:
        """The id of the trace in which it was accepted; empty when nobody traced that."""
        return self.trace_id or self.trace[3:35]

    @property
    def shown_trace(self) -> str:
        """The id of its trace (W3C); of one that nobody traced, the 128 bits of its own id, which name no trace."""
        return self.first_trace or self.id.replace("-", "")

    def moved_to(self, trace: str) -> Self:
        """Return it with another place in a trace; the first one is remembered."""
        first = self.first_trace or trace[3:35]
        is_same = first == trace[3:35]
        return self.changed(trace=trace, trace_id="" if is_same else first)

    @property
    def is_removed(self) -> bool:
        """Retention removed it: what is left belongs to nobody, and answers its source when that comes again."""
        return not self.tenant

    def removed(self, until: float) -> Self:
        """Return what is left of it until then: its id, and what a repeated start is answered with."""
        kept = {name: value for name, value in self.__dict__.items() if name in _LEFT}
        return self.made_of({**kept, "tenant": "", "nodes": [], "expire_at": until})

    def changed(self, **changes: Any) -> Self:
        """Return it with other values, as `dataclasses.replace` does, at a tenth of the cost."""
        return self.made_of({**self.__dict__, **changes})

    @classmethod
    def made_of(cls, values: Mapping[str, Any]) -> Self:
        """Return one with these values, defaults for the rest; the names are not checked.

        Defaults stay with the class, so that copies are small.
        """
        made = cls.__new__(cls)
        made.__dict__.update(values)
        return made


DEFAULTS: Mapping[str, Any] = {
    field.name: field.default for field in fields(Execution) if field.default is not MISSING
}


_LEFT = frozenset(
    {
        "id",
        "project",
        "workflow",
        "workflow_uid",
        "version",
        "mode",
        "accepted_at",
        "status",
        "started_at",
        "finished_at",
        "epoch",
        "output",
        "output_blob",
        "error",
        "reason",
        "reply",
        "seen",
        "parent",
        "revision",
    }
)


def execution_error(
    code: str, message: str, node: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return the `error` of an execution: `{code, message, node?, …}`."""
    return {
        "code": code,
        "message": message,
        **({"node": node} if node else {}),
        **{key: value for key, value in more.items() if value is not None},
    }
