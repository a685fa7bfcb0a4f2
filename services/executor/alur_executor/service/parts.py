"""What every session works with, joined once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from alur_common.blobs import Blobs
from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.executions import Executions, Inbox, Journals, Outbox, Tasks
from alur_common.pools import PoolProjects
from alur_common.progress import Progress
from alur_common.replies import Replies
from alur_common.security.events import Notes
from alur_common.starts import Starts
from alur_engine.state import Limits
from alur_executor.ports import Areas, Definitions, Environment, Jail, Meter, Tracing, Ways


@dataclass(frozen=True, slots=True)
class Parts:
    """The outside of a session."""

    worker: str
    executions: Executions
    journals: Journals
    inbox: Inbox
    tasks: Tasks
    blobs: Blobs
    bus: Bus
    outbox: Outbox
    starts: Starts
    definitions: Definitions
    replies: Replies
    progress: Progress
    ways: Ways
    jail: Jail
    files: Areas
    clock: Clock
    random: Callable[[], float]
    meter: Meter
    environment: Environment
    limits: Limits
    security: Notes
    pool_projects: PoolProjects
    in_memory_delay: float
    """Retries up to this long, in seconds, stay in memory."""
    in_memory_wait: float
    """The same of waits."""
    batches: Executor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="alur-batches")
    )
    """Where nodes compute that see many items at once; more threads would only take turns from each other."""
    tracing: Tracing | None = None
    """None: nothing is traced."""
