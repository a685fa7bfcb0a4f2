"""What every area of the registry works with."""

from __future__ import annotations

from dataclasses import dataclass

from alur_common.clock import Clock, Ids
from alur_registry.ports import Store
from alur_registry.service.audit import Audit


@dataclass(frozen=True, slots=True)
class Tools:
    """The store, time, ids and the audit log."""

    store: Store
    clock: Clock
    ids: Ids
    audit: Audit
