"""The state of an execution in memory: what has been applied from its journal so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alur_engine.graph import ROOT, Entry, Graph, GraphEdge, GraphNode, Scope
from alur_sdk.items import Item, Outputs

RunStatus = Literal[
    "pending",
    "ready",
    "running",
    "waiting",
    "looping",
    "succeeded",
    "failed",
    "skipped",
    "cancelled",
    "in-doubt",
]
SETTLED = frozenset({"succeeded", "failed", "skipped", "cancelled"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one execution may use. Each has its own error."""

    items: int = 100_000
    """Items that one node run may emit."""
    bytes: int = 64 * 1024 * 1024
    """Bytes of JSON that one flush of the journal may hold."""
    node_runs: int = 20_000
    attempts: int = 100


class Segment(NamedTuple):
    """Part of an input: what one edge delivered. `start` and `size` cut a loop's turn out of the port's items."""

    run: Run
    port: str
    start: int
    size: int


class Run:
    """One firing of a node, in one frame.

    `outcomes` holds what items of a write node have come to so far, `sent` the output ports whose edges are settled; `size`
    and `returned` are a loop's: items a turn, and what came back; `catching` is what `core.try` caught.
    """

    status: RunStatus = "pending"
    attempt: int = 0
    outcomes: dict[int, Outputs] | None = None
    decided: dict[int, str] | None = None
    """Items in doubt that a person decided other than done: `not-done` or `fail`."""
    denied: dict[str, Any] | None = None
    """Why items of it failed, for good or by a person's hand: it has failed, whatever else it comes to."""
    error: dict[str, Any] | None = None
    intent: Any = None
    wait: dict[str, Any] | None = None
    retry_at: float | None = None
    pinned_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    size: int = 1
    returned: Sequence[Segment] = ()
    turns: tuple[Frame, ...] = ()
    sent: tuple[str, ...] = ()
    catching: dict[str, Any] | None = None
    logs: Sequence[tuple[int, float, str]] = ()
    """What its attempts said: attempt, time, text."""

    def __init__(self, node: GraphNode, frame: Frame) -> None:
        # What has its default stays with the class: most runs set little more than this.
        self.node = node
        self.frame = frame
        self.inputs: list[tuple[GraphEdge, Segment]] = []
        self.outputs: Outputs = {}

    @property
    def key(self) -> tuple[str, str]:
        """Return the node's name and the run path."""
        return (self.node.name, self.frame.path)

    @property
    def task(self) -> str | None:
        """The task by which an executor of another pool runs it, or ran it last."""
        return None if self.wait is None else self.wait.get("task")

    def items_of(self, port: str = "main") -> list[Item]:
        """Return the items that came in by an input port, in the order of its edges."""
        if len(self.inputs) == 1 and self.inputs[0][0].input == port:
            return _items(self.inputs[0][1])
        segments = [segment for edge, segment in self.inputs if edge.input == port]
        return [item for segment in segments for item in _items(segment)]

    def all_items(self) -> list[Item]:
        """Return the items of all input ports, in the order of ports and edges."""
        return [item for _, segment in self.inputs for item in _items(segment)]

    def segments(self) -> list[Segment]:
        """Return all segments in the order of ports and edges, as `Item.source` counts them."""
        return [segment for _, segment in self.inputs]

    def undecided(self) -> list[int]:
        """Return the items of which nobody knows what they came to. A run without items counts as one."""
        known = {*(self.outcomes or ()), *(self.decided or ())}
        count = sum(segment.size for segment in self.segments())
        return [item for item in range(max(count, 1)) if item not in known]


def _items(segment: Segment) -> list[Item]:
    items = segment.run.outputs.get(segment.port, [])
    if segment.start == 0 and segment.size == len(items):
        return items
    return items[segment.start : segment.start + segment.size]


class Frame:
    """The runs of one run path: the whole workflow's, or one turn of a loop."""

    __slots__ = ("counts", "loop", "parent", "path", "pending", "returned", "runs", "turn")

    def __init__(
        self, path: str, parent: Frame | None, loop: Run | None, turn: int, entry: Entry
    ) -> None:
        self.path = path
        self.parent = parent
        self.loop = loop
        self.turn = turn
        self.pending = list(entry.pending)
        self.counts = list(entry.counts)
        self.runs: dict[int, Run] = {}
        self.returned: list[tuple[GraphEdge, Segment]] = []


class State:
    """An execution in memory. `plan` reads it, `apply` alone changes it."""

    __slots__ = (
        "cancelled",
        "closing",
        "entry",
        "error",
        "frames",
        "graph",
        "limits",
        "open",
        "ready",
        "reply",
        "root",
        "runs",
        "said",
        "stopped",
        "to_cancel",
    )

    def __init__(self, graph: Graph, entry: Entry, limits: Limits) -> None:
        self.graph = graph
        self.entry = entry
        self.limits = limits
        self.root = Frame("", None, None, 0, entry)
        self.frames: dict[str, Frame] = {"": self.root}
        self.ready: deque[Run] = deque()
        self.open: dict[Run, Run] = {}
        """Runs that are running, waiting, in doubt or looping."""
        self.closing: list[tuple[Frame, Scope]] = []
        """Scopes whose nodes have all settled, to be closed when no edge is left to settle."""
        self.to_cancel: list[Run] = []
        self.runs = 0
        self.said = 0
        """Characters that all node runs left in the journal."""
        self.error: dict[str, Any] | None = None
        self.cancelled: str | None = None
        self.stopped = False
        """`core.stop` ended it well."""
        self.reply: dict[str, Any] | None = None

    def find_run(self, name: str, path: str) -> Run | None:
        """Return the run of a node at this path or, for nodes outside the loop, at the path around it."""
        index = self.graph.by_name.get(name)
        frame = self.frames.get(path)
        while index is not None and frame is not None:
            run = frame.runs.get(index)
            if run is not None:
                return run
            frame = frame.parent
        return None

    def last_run(self, name: str) -> Run | None:
        """Return the node's run in the newest frame that did not skip it."""
        index = self.graph.by_name.get(name, ROOT)
        for frame in reversed(self.frames.values()):
            run = frame.runs.get(index)
            if run is not None and run.status != "skipped":
                return run
        return None

    def release(self) -> None:
        """Let go of everything, so that memory is free at once and not when cycles are looked for."""
        for frame in self.frames.values():
            for run in frame.runs.values():
                run.turns = ()
            frame.runs.clear()
        self.open.clear()
        self.ready.clear()

    @property
    def is_over(self) -> bool:
        """Nothing more will start."""
        return self.error is not None or self.cancelled is not None or self.stopped
