"""Producers of events outside: each has a key by which it signs, kept sealed as credentials are."""

from __future__ import annotations

from dataclasses import replace

from alur_common.documents.port import Where
from alur_common.security.records import NewProducer, Page, Producer, UnsealedCredential
from alur_common.security.rights import Caller, authorize
from alur_common.security.sealing import Sealer
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.entities import KeptProducer
from alur_registry.domain.names import check_title
from alur_registry.service.sealed import SealedCache, SealedThings
from alur_registry.service.tools import Tools
from alur_sdk.errors import ForbiddenError, NotFoundError

MAX_PRODUCERS = 1_000
KIND = "producer"


class Producers:
    """What is done with producers. A key lets its holder start whatever waits for events in the tenant."""

    def __init__(self, tools: Tools, sealer: Sealer, *, fresh_seconds: float | None) -> None:
        self._store = tools.store
        self._sealer = sealer
        self._audit = tools.audit
        self._clock = tools.clock
        self._ids = tools.ids
        self._sealed: SealedCache[KeptProducer] = SealedCache(
            tools.clock, sealer, fresh_seconds=fresh_seconds
        )
        self.kept = SealedThings("producers", self._store.producers, sealer, self._sealed)

    async def create_producer(self, caller: Caller, *, name: str) -> NewProducer:
        """Make a key; its secret is in the answer, and afterwards only sealed in the store."""
        authorize(caller, "manage", "tokens")
        check_title(name, "name")
        where = [Where("tenant", "eq", caller.tenant)]
        if len(await self._store.producers.search(where, limit=MAX_PRODUCERS)) >= MAX_PRODUCERS:
            raise ForbiddenError(f"{MAX_PRODUCERS} producers are enough: revoke some first")
        secret = self._ids.secret(32)
        draft = KeptProducer(
            tenant=caller.tenant,
            id=self._ids.secret(8),
            name=name,
            user=caller.user,
            created_at=self._clock.now(),
            sealed={},
        )
        sealed = (await self._sealer.seal({"secret": secret}, *draft.binding)).to_document()
        kept = await self._store.producers.insert(replace(draft, sealed=sealed))
        kept = await self.kept.under_current_key(kept)
        await self._audit.record(caller, "create", "producers", kept.id, name=name)
        return NewProducer(kept.info(), secret)

    async def list_producers(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Producer]:
        """Return a page of the tenant's producers, the oldest first."""
        authorize(caller, "manage", "tokens")
        found = await self._store.producers.search(
            [Where("tenant", "eq", caller.tenant)],
            sort=("created_at",),
            limit=check_limit(limit) + 1,
            after=decode_cursor(cursor, 2),
        )
        infos = [kept.info() for kept in found]
        return page_of(infos, limit, lambda p: [p.created_at, f"{caller.tenant}/{p.id}"])

    async def revoke_producer(self, caller: Caller, producer: str) -> None:
        """End a key: what is signed with it goes to the dead letters from now on."""
        authorize(caller, "manage", "tokens")
        await self._get(caller.tenant, producer)
        await self._store.producers.remove(caller.tenant, producer)
        self._sealed.drop(f"{caller.tenant}/{producer}")
        await self._audit.record(caller, "delete", "producers", producer)

    async def unseal_producer(self, tenant: str, producer: str) -> UnsealedCredential:
        """Return the `secret` of a key for one use; raises `NotFoundError`, or `SealError` when it does not open."""
        _, fields = await self._sealed.opened(
            f"{tenant}/{producer}", lambda: self._get(tenant, producer)
        )
        return UnsealedCredential(KIND, fields)

    async def _get(self, tenant: str, producer: str) -> KeptProducer:
        found = None
        if "/" not in f"{tenant}{producer}":
            found = await self._store.producers.find(tenant, producer)
        if found is None:
            raise NotFoundError(f"there is no producer {producer}", producer=producer)
        return found
