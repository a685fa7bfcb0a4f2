"""Executions, their journals and inboxes: the engine's store, shared by gateway, scheduler and executor."""

from alur_common.executions.entity import (
    ACTIVE,
    ENDED,
    Execution,
    Parent,
    Status,
    execution_error,
)
from alur_common.executions.outbox import (
    OUTBOXES,
    DirectOutbox,
    Outbox,
    StoredOutbox,
)
from alur_common.executions.repository import (
    EXECUTIONS,
    INBOX,
    JOURNAL,
    Batch,
    Executions,
    Inbox,
    Journals,
    Message,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    where_status,
)
from alur_common.executions.tasks import TASKS, Task, Tasks, drop_task, task_id
from alur_common.executions.uses import USES, BlobUses, CountedBlobs, blobs_of
from alur_common.executions.workers import WORKERS, Workers

COLLECTIONS = (EXECUTIONS, JOURNAL, INBOX, WORKERS, USES, OUTBOXES, TASKS)
"""The engine's store."""

__all__ = [
    "ACTIVE",
    "COLLECTIONS",
    "ENDED",
    "Batch",
    "BlobUses",
    "CountedBlobs",
    "DirectOutbox",
    "Execution",
    "Executions",
    "Inbox",
    "Journals",
    "Message",
    "Outbox",
    "Parent",
    "Status",
    "StoredExecutions",
    "StoredInbox",
    "StoredJournals",
    "StoredOutbox",
    "Task",
    "Tasks",
    "Workers",
    "blobs_of",
    "drop_task",
    "execution_error",
    "task_id",
    "where_status",
]
