"""What is kept sealed: read with a cache of ciphertexts, and moved from one key encryption key to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar, cast

from alur_common.cache import Cache
from alur_common.clock import Clock
from alur_common.security.sealing import Sealed, Sealer, SealError
from alur_registry.ports import Repository
from alur_sdk.errors import ConflictError, NotFoundError

CACHED = 1_000
TRIES = 5


class SealedThing(Protocol):
    """A stored thing with a seal."""

    @property
    def sealed(self) -> Mapping[str, str]:
        """The sealed fields, as the store has them."""

    @property
    def key(self) -> tuple[str, ...]:
        """By what it is found."""

    @property
    def binding(self) -> tuple[str, ...]:
        """What the seal is bound to."""


T = TypeVar("T", bound=SealedThing)


class SealedCache(Cache[T], Generic[T]):
    """Things as the store has them, sealed: no secret stays in memory."""

    def __init__(self, clock: Clock, sealer: Sealer, *, fresh_seconds: float | None) -> None:
        super().__init__(clock, size=CACHED, fresh_seconds=fresh_seconds)
        self._sealer = sealer

    async def opened(self, key: str, load: Callable[[], Awaitable[T]]) -> tuple[T, dict[str, str]]:
        """Return the thing and its fields. What does not open is read once more: its key may be retired since."""
        kept = await self.get(key, load)
        try:
            return kept, await self._open(kept)
        except SealError:
            self.drop(key)
            kept = await self.get(key, load)
            return kept, await self._open(kept)

    async def _open(self, kept: T) -> dict[str, str]:
        return await self._sealer.unseal(Sealed.from_document(kept.sealed), *kept.binding)


class SealedThings(Generic[T]):
    """All that is sealed in one repository."""

    def __init__(
        self, name: str, repository: Repository[T], sealer: Sealer, cache: Cache[T]
    ) -> None:
        self.name = name
        self._repository = repository
        self._sealer = sealer
        self._cache = cache

    async def counted(self) -> Counter[str]:
        """Return key id -> how many things it seals."""
        count: Counter[str] = Counter()
        after: str | None = None
        while page := await self.page(after, 200):
            count.update(Sealed.from_document(kept.sealed).key_id for kept in page)
            after = "/".join(page[-1].key)
        return count

    async def page(self, after: str | None, limit: int) -> list[T]:
        """Return what comes after an id, in the order of ids."""
        return await self._repository.search(
            [], limit=limit, after=None if after is None else [after]
        )

    async def rewrap(self, kept: T) -> bool:
        """Put a thing under the key in use and return whether it was not. Safe to repeat, and with traffic."""
        sealed = Sealed.from_document(kept.sealed)
        if await self._sealer.is_current(sealed):
            return False
        try:
            await self._moved(kept, sealed)
        except (ConflictError, NotFoundError):
            # Whoever set it anew meanwhile looks after the key by which they sealed it.
            return False
        return True

    async def under_current_key(self, kept: T) -> T:
        """Return a thing just written under the key in use, even if that changed between sealing and writing."""
        for _ in range(TRIES):
            sealed = Sealed.from_document(kept.sealed)
            if await self._sealer.is_current(sealed):
                break
            try:
                kept = await self._moved(kept, sealed)
            except (ConflictError, NotFoundError):
                break  # another writer, or the rotation itself, was faster
        return kept

    async def _moved(self, kept: T, sealed: Sealed) -> T:
        moved = (await self._sealer.rewrap(sealed, *kept.binding)).to_document()
        saved = await self._repository.save(cast(T, replace(cast(Any, kept), sealed=moved)))
        self._cache.drop("/".join(kept.key))
        return saved
