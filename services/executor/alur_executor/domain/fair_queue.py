"""What waits for room: a tenant's by priority and age, the tenants in turn by how much they have running."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Mapping

Turn = tuple[float, int, str]
"""How many a tenant had running for its weight, the number of what it had waiting first, and the tenant."""
STALE = 64
"""So many turns more than are valid may lie about."""


class FairQueue:
    """Executions that wait. Who has the fewest running for its weight is next; a tenant that is not in `weights` has 1.

    `most` is what one tenant may have running, 0 for all.
    `begun` and `ended` tell it what runs. No step takes longer for there being more tenants, but for a logarithm.
    """

    def __init__(self, most: int = 0, weights: Mapping[str, float] | None = None) -> None:
        self._most = most
        self._weights = weights or {}
        self._waiting: dict[str, list[tuple[int, int, str]]] = {}
        self._keys: set[str] = set()
        self._running: Counter[str] = Counter()
        self._order = itertools.count()
        self._turns: list[Turn] = []
        """A heap. Of each tenant that waits and has room its turn as it is now, and others that are over."""

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
        number = next(self._order)
        heapq.heappush(waiting, (-priority, number, key))
        if waiting[0][1] == number:
            self._offer(tenant)

    def take(self) -> tuple[str, str] | None:
        """Remove and return the tenant and key that are next, or None when nobody who waits has room."""
        while self._turns:
            turn = heapq.heappop(self._turns)
            tenant = turn[2]
            if turn == self._turn(tenant):
                waiting = self._waiting[tenant]
                _, _, key = heapq.heappop(waiting)
                if not waiting:
                    del self._waiting[tenant]
                self._keys.discard(key)
                self._offer(tenant)
                return tenant, key
        return None

    def begun(self, tenant: str) -> None:
        """Count one more that runs."""
        self._running[tenant] += 1
        self._offer(tenant)

    def ended(self, tenant: str) -> None:
        """Count one less."""
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]
        self._offer(tenant)

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._keys.clear()
        self._turns.clear()

    def _turn(self, tenant: str) -> Turn | None:
        """Return when it is a tenant's turn as things are, None when it has nothing waiting or no room."""
        waiting = self._waiting.get(tenant)
        if waiting is None or not self.has_room(tenant):
            return None
        return self._running[tenant] / self._weights.get(tenant, 1.0), waiting[0][1], tenant

    def _offer(self, tenant: str) -> None:
        """Take note that a tenant's turn is another one now."""
        turn = self._turn(tenant)
        if turn is None:
            return
        heapq.heappush(self._turns, turn)
        if len(self._turns) > 2 * len(self._waiting) + STALE:
            self._turns = [turn for each in self._waiting if (turn := self._turn(each)) is not None]
            heapq.heapify(self._turns)
