"""What every service keeps, in one database or one data folder."""

from __future__ import annotations

from alur_common.executions import COLLECTIONS as ENGINE
from alur_registry.adapters.stored import COLLECTIONS as REGISTRY
from alur_scheduler.domain.collections import COLLECTIONS as SCHEDULER

COLLECTIONS = (*ENGINE, *REGISTRY, *SCHEDULER)
