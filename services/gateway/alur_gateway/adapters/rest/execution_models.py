"""What REST takes and answers about executions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from alur_gateway.adapters.rest.models import Failure, Shown, Wire

ExecutionStatus = Literal[
    "queued", "running", "waiting", "succeeded", "failed", "cancelled", "in-doubt"
]
NodeStatus = Literal[
    "running", "succeeded", "failed", "skipped", "cancelled", "waiting", "in-doubt"
]


class StartBody(Wire):
    """What to run: items, and where they enter. Without `input`: the trigger's example, else one empty item."""

    input: list[dict[str, Any]] | None = Field(default=None, max_length=100_000)
    start: str | None = Field(default=None, max_length=64)
    version: int | None = Field(default=None, ge=1)


class Started(Shown):
    """An accepted execution."""

    id: str


class NodeSummary(Shown):
    """All runs of one node in short."""

    name: str
    status: NodeStatus
    attempts: int
    items: int
    runs: int | None = None
    logs: int | None = Field(None, description="How many lines its runs wrote.")
    started_at: datetime | None
    duration_ms: float | None
    error: Failure | None = None


class ExecutionBrief(Shown):
    """An execution as a list shows it."""

    id: str
    project: str
    workflow: str
    version: int
    status: ExecutionStatus
    mode: str
    trigger: str | None
    accepted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    trace_id: str
    error: Failure | None = None
    reason: str | None = None
    replay_of: str | None = None
    parent: str | None = None
    cause: str | None = Field(
        None, description="The failed execution because of which this one was started."
    )
    handler: str | None = Field(
        None, description="The execution of the error workflow that its failure started."
    )
    wake_at: datetime | None = None


class Wait(Shown):
    """A node run that waits: for a signal, for executions that it started, for its pool, or until a time."""

    node: str
    path: str
    signal: str | None = None
    until: datetime | None = Field(default=None, description="When it goes on by itself.")
    children: list[str] | None = None
    pool: str | None = Field(
        default=None, description="An executor that serves this pool is to run it, or runs it."
    )


class Doubt(Shown):
    """A node run in doubt, which `:resolve` decides; `items` are those of which nobody knows the outcome."""

    node: str
    path: str
    items: list[int]


class ExecutionDocument(ExecutionBrief):
    """An execution. `waits` and `doubts` are what it rests for; both are empty once it has ended."""

    output: list[dict[str, Any]] | None
    nodes: list[NodeSummary]
    waits: list[Wait]
    doubts: list[Doubt]


class ExecutionPage(Shown):
    """A page of executions, the newest first."""

    items: list[ExecutionBrief]
    next_cursor: str | None


class NodeItem(Shown):
    """An item, and the input items that it comes from."""

    json_: dict[str, Any] = Field(alias="json")
    binary: dict[str, Any] | None = None
    source: int | list[int] | None = None


class ItemCounts(Shown):
    """How many items there are at each port, on all pages."""

    input: dict[str, int]
    output: dict[str, int]


class LogLine(Shown):
    """A line that an attempt of a node run wrote: `console.log`, `print`, or a node's own log."""

    attempt: int
    at: datetime
    text: str


class NodeRun(Shown):
    """One run of a node with its items. `wait` is what it waits for."""

    type: str
    name: str
    path: str
    status: NodeStatus
    attempts: int
    items: int
    started_at: datetime | None
    duration_ms: float | None
    input: dict[str, list[NodeItem]]
    output: dict[str, list[NodeItem]]
    counts: ItemCounts
    error: Failure | None = None
    wait: dict[str, Any] | None = None
    logs: list[LogLine] = []  # noqa: RUF012  # pydantic copies it


class NodeRuns(Shown):
    """The runs of one node, paged by items: a run of more than a page goes on, by its path, in the next."""

    name: str
    runs: list[NodeRun]
    next_cursor: str | None


class ExecutionLogLine(LogLine):
    """A line with the node run that wrote it."""

    node: str
    path: str


class LogPage(Shown):
    """A page of what node runs wrote, the oldest line first."""

    items: list[ExecutionLogLine]
    next_cursor: str | None


class ExecutionFile(Shown):
    """A file that a node run emitted. `blob` is the SHA-256 of its content, by which it is fetched."""

    blob: str
    size: int = Field(description="In bytes.")
    media_type: str
    file_name: str | None = None
    name: str = Field(description="What its item calls it, such as `data`.")
    node: str = Field(description="Who emitted it first.")
    path: str
    item: int


class FilePage(Shown):
    """A page of files, each content once."""

    items: list[ExecutionFile]
    next_cursor: str | None


class JournalPage(Shown):
    """A page of journal entries, in order."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class CancelBody(Wire):
    """Why it is cancelled."""

    reason: str = Field(default="cancelled by hand", max_length=500)


class ReplayBody(Wire):
    """`newest`: with the active version instead of its own."""

    newest: bool = False


class SignalBody(Wire):
    """A signal's name, and what becomes the item of the node that waits for it."""

    name: str = Field(min_length=1, max_length=200)
    payload: dict[str, Any] = {}  # noqa: RUF012  # the same


class ResolveBody(Wire):
    """What became of a node run in doubt. `output` are the items that it would have emitted."""

    node: str = Field(min_length=1, max_length=64)
    outcome: Literal["done", "not-done", "fail"]
    path: str = Field(default="", max_length=1_000)
    item: int | None = Field(default=None, ge=0)
    output: Any = None
