"""Workers and their leases: one small document a worker, renewed while it lives."""

from __future__ import annotations

from alur_common.documents.port import Collection, Documents, Index, Where
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

MOST = 1_000
WORKERS = Collection(
    "workers",
    fields=("expires_at",),
    indexes=(Index(("expires_at",)),),
    ttl="expires_at",
    holds="executors and until when each is taken to live",
    owner="executor",
)


class Workers:
    """Who runs executions, and until when each is taken to live. Times are seconds since 1970."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def renew(self, worker: str, until: float, address: str = "") -> None:
        """Say that the worker lives until then, and where it takes calls."""
        document = {"id": worker, "expires_at": until, "address": address}
        try:
            await self._documents.replace(WORKERS, document)
        except NotFoundError:
            try:
                await self._documents.insert(WORKERS, document)
            except ExistsError as error:
                raise ConflictError(f"worker {worker} is registered twice") from error

    async def is_alive(self, worker: str, now: float) -> bool:
        """Return whether its lease has not run out."""
        found = await self._documents.find_one(WORKERS, worker)
        return found is not None and found["expires_at"] > now

    async def find_address(self, worker: str, now: float) -> str | None:
        """Return where a living worker takes calls, or None."""
        found = await self._documents.find_one(WORKERS, worker)
        if found is None or found["expires_at"] <= now:
            return None
        return found.get("address") or None

    async def addresses(self, now: float) -> list[str]:
        """Return where living workers take calls."""
        living = await self._documents.find(
            WORKERS, [Where("expires_at", "gt", now)], sort=("expires_at",), limit=MOST
        )
        return [found["address"] for found in living if found.get("address")]

    async def remove(self, worker: str) -> None:
        """Forget it: what it owned is anybody's."""
        await self._documents.delete(WORKERS, worker)

    async def remove_expired(self, now: float) -> int:
        """Forget workers whose lease ran out long ago; return how many."""
        return await self._documents.delete_many(
            WORKERS, [Where("expires_at", "lt", now - 60)], limit=100
        )

    async def remove_all(self) -> None:
        """Forget all: for a store that belongs to one process, which has just begun."""
        while await self._documents.delete_many(WORKERS, [], limit=100):
            pass
