"""What waits for room: a tenant's by priority and age, the tenants in turn by how much they have running."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter


class FairQueue:
    """Executions that wait. Who has the fewest running is next; `most` is what one tenant may have, 0 for all.

    `begun` and `ended` tell it what runs.
    """

    def __init__(self, most: int = 0) -> None:
        self._most = most
        self._waiting: dict[str, list[tuple[int, int, str]]] = {}
        self._keys: set[str] = set()
        self._running: Counter[str] = Counter()
        self._order = itertools.count()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def has_room(self, tenant: str) -> bool:
        """Return whether a tenant may have one more running."""
        return not self._most or self._running[tenant] < self._most

    def put(self, tenant: str, key: str, priority: int) -> None:
        """Add an execution; a higher priority goes before what its tenant has waiting already."""
        self._keys.add(key)
        waiting = self._waiting.setdefault(tenant, [])
        heapq.heappush(waiting, (-priority, next(self._order), key))

    def take(self) -> tuple[str, str] | None:
        """Remove and return the tenant and key that are next, or None when nobody who waits has room."""
        tenants = [tenant for tenant in self._waiting if self.has_room(tenant)]
        if not tenants:
            return None
        tenant = min(tenants, key=lambda one: (self._running[one], self._waiting[one][0][1]))
        waiting = self._waiting[tenant]
        _, _, key = heapq.heappop(waiting)
        if not waiting:
            del self._waiting[tenant]
        self._keys.discard(key)
        return tenant, key

    def begun(self, tenant: str) -> None:
        """Count one more that runs."""
        self._running[tenant] += 1

    def ended(self, tenant: str) -> None:
        """Count one less."""
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._keys.clear()
