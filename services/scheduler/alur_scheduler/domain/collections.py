"""What the scheduler keeps."""

from __future__ import annotations

from alur_common.documents.port import Collection, Index

SCHEDULES = Collection(
    "schedules", fields=("uid", "fire_at"), indexes=(Index(("fire_at",)), Index(("uid",)))
)
GATES = Collection("gates")
COLLECTIONS = (SCHEDULES, GATES)
