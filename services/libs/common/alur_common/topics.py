"""How far the triggers of topics have read: the scheduler writes it, the others may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Collection, Documents, Index, Where

POSITIONS = Collection(
    "positions",
    fields=("uid",),
    indexes=(Index(("uid",)),),
    holds="how far triggers of topics have read each partition, how many records they have not started yet, and"
    " how many partitions there were when they began",
    owner="scheduler",
)
MOST = 10_000


async def stored_lag(
    documents: Documents, record: WorkflowRecord
) -> Mapping[str, Mapping[str, Any]]:
    """Return trigger -> `{lag?, error?}` of a workflow's triggers of topics; what has never been read has neither."""
    topics = {
        trigger["name"]: trigger.get("params", {}).get("topic")
        for trigger in record.document["spec"].get("triggers", ())
        if trigger["type"] == "trigger.kafka"
    }
    shown: dict[str, dict[str, Any]] = {}
    if not topics:
        return shown
    where = [Where("uid", "eq", record.uid)]
    for position in await documents.find(POSITIONS, where, limit=MOST):
        trigger = position["trigger"]
        if topics.get(trigger) != position["topic"]:
            continue
        entry = shown.setdefault(trigger, {})
        if position["error"]:
            entry["error"] = position["error"]
        if position["lag"] is not None:
            entry["lag"] = entry.get("lag", 0) + position["lag"]
    return shown
