"""What the scheduler keeps."""

from __future__ import annotations

from alur_common.documents.port import Collection, Index
from alur_common.schedules import SCHEDULES
from alur_common.topics import POSITIONS

GATES = Collection(
    "gates", holds="for each workflow with a limit, the executions that are in", owner="scheduler"
)
LISTENERS = Collection(
    "listeners",
    fields=("uid", "type", "tenant"),
    indexes=(Index(("uid",)), Index(("type", "tenant"))),
    holds="the triggers that wait for events from outside, or for records of a topic",
    owner="scheduler",
)
BATCHES = Collection(
    "batches",
    fields=("uid",),
    indexes=(Index(("uid",)),),
    holds="of each partition that is read in batches, which offsets the last one has",
    owner="scheduler",
)
SCHEDULERS = Collection(
    "schedulers",
    fields=("name", "expires_at"),
    ttl="expires_at",
    holds="schedulers that live, each written again while it does; a time to go only where no scheduler runs",
    owner="scheduler",
)
PARTITIONS = Collection(
    "partitions",
    fields=("count", "holder"),
    holds="which scheduler decides about each part of the workflows, and under which fence",
    owner="scheduler",
)
COLLECTIONS = (SCHEDULES, GATES, LISTENERS, POSITIONS, BATCHES, SCHEDULERS, PARTITIONS)
