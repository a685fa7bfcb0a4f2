"""What is known of a workflow's triggers beside its document: what is due, how far behind, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Documents
from alur_common.schedules import stored_dues
from alur_common.topics import stored_lag


async def stored_triggers(
    documents: Documents, record: WorkflowRecord
) -> Mapping[str, Mapping[str, Any]]:
    """Return trigger -> `{nextDue?, lag?, error?}` as the API answers them."""
    return {**await stored_dues(documents, record), **await stored_lag(documents, record)}
