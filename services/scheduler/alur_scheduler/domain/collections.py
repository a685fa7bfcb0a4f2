"""What the scheduler keeps."""

from __future__ import annotations

from alur_common.documents.port import Collection
from alur_common.schedules import SCHEDULES

GATES = Collection(
    "gates", holds="for each workflow with a limit, the executions that are in", owner="scheduler"
)
COLLECTIONS = (SCHEDULES, GATES)
