"""Executions, their journals and inboxes: the engine's store, shared by gateway, scheduler and executor."""

from alur_common.executions.entity import (
    ACTIVE,
    ENDED,
    Execution,
    Parent,
    Status,
    execution_error,
)
from alur_common.executions.repository import (
    Batch,
    Executions,
    Inbox,
    Journals,
    Message,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
)

__all__ = [
    "ACTIVE",
    "ENDED",
    "Batch",
    "Execution",
    "Executions",
    "Inbox",
    "Journals",
    "Message",
    "Parent",
    "Status",
    "StoredExecutions",
    "StoredInbox",
    "StoredJournals",
    "execution_error",
]
