"""Where it is kept when schedules are due: the scheduler writes it, the others may look."""

from __future__ import annotations

from collections.abc import Mapping

from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Collection, Documents, Index, Where

SCHEDULES = Collection(
    "schedules",
    fields=("uid", "fire_at", "slot"),
    indexes=(Index(("fire_at",)), Index(("uid",))),
    holds="when each schedule is due next, and the fence of whoever fired it last",
    owner="scheduler",
)


async def stored_next_due(documents: Documents, record: WorkflowRecord) -> Mapping[str, float]:
    """Return trigger -> next due time, in seconds since 1970, of a workflow's schedules."""
    found = await documents.find(SCHEDULES, [Where("uid", "eq", record.uid)])
    return {schedule["trigger"]: schedule["due_at"] for schedule in found if schedule["due_at"]}
