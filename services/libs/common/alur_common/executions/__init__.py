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
from alur_common.executions.uses import USES, BlobUses, CountedBlobs, blobs_of
from alur_common.executions.workers import WORKERS, Workers

COLLECTIONS = (EXECUTIONS, JOURNAL, INBOX, WORKERS, USES)
"""The engine's store."""

__all__ = [
    "ACTIVE",
    "COLLECTIONS",
    "ENDED",
    "Batch",
    "BlobUses",
    "CountedBlobs",
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
    "Workers",
    "blobs_of",
    "execution_error",
    "where_status",
]
