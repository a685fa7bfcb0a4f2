"""Workers and their leases: one small document a worker, written again and again while it lives.

Whether one lives is told by whether its document moves, never by comparing clocks: a scheduler that sees it stand still
for the length of the lease removes it. So a worker is dead when it has no document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alur_common.documents.port import Collection, Document, Documents
from alur_common.pools import DEFAULT_POOL, Pools
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

MOST = 1_000
KEPT_SECONDS = 24 * 3600.0
WORKERS = Collection(
    "workers",
    fields=("expires_at",),
    ttl="expires_at",
    holds="executors that live, each written again while it does; a time to go only where no scheduler runs",
    owner="executor, scheduler",
)


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker, where it takes calls, in how many seconds its document moves at the latest, and what it serves."""

    worker: str
    address: str
    seconds: float
    revision: int
    pools: Pools


class Workers:
    """Who runs executions."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def renew(
        self,
        worker: str,
        seconds: float,
        now: float,
        address: str = "",
        pools: Sequence[str] = (DEFAULT_POOL,),
    ) -> None:
        """Say that the worker lives, and says so again within these seconds. `now` is used for clean-up alone."""
        document = {
            "id": worker,
            "seconds": seconds,
            "address": address,
            "pools": list(pools),
            "expires_at": now + KEPT_SECONDS,
        }
        try:
            await self._documents.replace(WORKERS, document)
        except NotFoundError:
            try:
                await self._documents.insert(WORKERS, document)
            except ExistsError as error:
                raise ConflictError(f"worker {worker} is registered twice") from error

    async def is_alive(self, worker: str) -> bool:
        """Return whether nobody has seen it dead."""
        return await self._documents.find_one(WORKERS, worker) is not None

    async def find_address(self, worker: str) -> str | None:
        """Return where a living worker takes calls, or None."""
        found = await self._documents.find_one(WORKERS, worker)
        return None if found is None else found["address"] or None

    async def all(self) -> list[Lease]:
        """Return the leases of all that live."""
        found = await self._documents.find(WORKERS, limit=MOST)
        return [_lease(document) for document in found]

    async def bury(self, lease: Lease) -> bool:
        """Remove a lease that stands still; return whether it still did."""
        try:
            return await self._documents.delete(WORKERS, lease.worker, at_revision=lease.revision)
        except ConflictError:
            return False

    async def remove(self, worker: str) -> None:
        """Forget it: what it owned is anybody's."""
        await self._documents.delete(WORKERS, worker)

    async def forget_former(self, worker: str) -> None:
        """Forget those of the same name that were before it: whoever restarts under a name knows that they are dead.

        A worker is its name, a dash, and what tells this start from all others.
        """
        name = worker.rpartition("-")[0]
        for lease in await self.all():
            if lease.worker != worker and lease.worker.rpartition("-")[0] == name:
                await self.remove(lease.worker)

    async def remove_all(self) -> None:
        """Forget all: for a store that belongs to one process, which has just begun."""
        while await self._documents.delete_many(WORKERS, [], limit=100):
            pass


def _lease(document: Document) -> Lease:
    # Executors of before pools were served say nothing of them.
    pools = Pools(tuple(document.get("pools", (DEFAULT_POOL,))))
    return Lease(
        document["id"], document["address"], document["seconds"], document["revision"], pools
    )
