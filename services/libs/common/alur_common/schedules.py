"""Where it is kept when schedules are due: the scheduler writes it, the others may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Collection, Documents, Index, Where
from alur_sdk.instants import rfc3339

SCHEDULES = Collection(
    "schedules",
    fields=("uid", "fire_at", "slot"),
    indexes=(Index(("fire_at",)), Index(("uid",))),
    holds="when each schedule is due next, and the fence of whoever fired it last",
    owner="scheduler",
)


async def stored_dues(
    documents: Documents, record: WorkflowRecord
) -> Mapping[str, Mapping[str, Any]]:
    """Return trigger -> `{nextDue?, error?}` of a workflow's schedules; the error says why it cannot be planned."""
    shown: dict[str, dict[str, Any]] = {}
    for schedule in await documents.find(SCHEDULES, [Where("uid", "eq", record.uid)]):
        entry = shown.setdefault(schedule["trigger"], {})
        if schedule["due_at"]:
            entry["nextDue"] = rfc3339(schedule["due_at"])
        if schedule.get("problem"):  # absent before it was kept
            entry["error"] = schedule["problem"]
    return shown
