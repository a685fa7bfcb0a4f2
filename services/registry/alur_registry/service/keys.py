"""The keys that wrap the data keys of secrets: which there are, and how secrets move from one to the next.

A rotation has no state of its own: what is under another key than the one in use is what is left to do. So whoever is
killed in its midst leaves nothing but a rest, which the next one finishes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from alur_common.security.records import KeyUse, Rotated, Rotation
from alur_common.security.sealing import Sealer, SealError
from alur_registry.domain.entities import KeptCredential, KeptProducer
from alur_registry.service.audit import Audit
from alur_registry.service.bootstrap import Bootstrap
from alur_registry.service.sealed import SealedThings
from alur_sdk.errors import NotFoundError, StateError

STEP = 50


class Keys:
    """What is done with keys. For the owner of the installation alone: no tenant has keys of its own."""

    def __init__(
        self,
        sealer: Sealer,
        audit: Audit,
        bootstrap: Bootstrap,
        credentials: SealedThings[KeptCredential],
        producers: SealedThings[KeptProducer],
    ) -> None:
        self._sealer = sealer
        self._audit = audit
        self._bootstrap = bootstrap
        self._things: Sequence[SealedThings[Any]] = (credentials, producers)

    async def list_keys(self) -> list[KeyUse]:
        """Return every key that there is or that something needs, the one in use first."""
        count = await self._counted()
        current, *old = await self._sealer.keys.key_ids()
        missing = [key for key in count if key not in {current, *old}]
        return [
            KeyUse(key, key == current, count[key], is_missing=key in missing)
            for key in (current, *old, *missing)
        ]

    async def begin_rotation(self) -> Rotation:
        """Make a new key, unless secrets are still to be moved to the one in use: then go on with that."""
        count = await self._counted()
        current = await self._sealer.keys.current()
        is_new = count.total() == count[current]
        if is_new:
            current = await self._sealer.keys.renew()
            await self._record("create", current)
        return Rotation(current, is_new, count.total(), count.total() - count[current])

    async def rotate_some(self, after: str | None = None) -> Rotated:
        """Move the next secrets under the key in use. `after` is where the step before ended, None at the beginning.

        Safe to repeat, from anywhere, and with traffic: each secret opens before and after, under either key.
        """
        name, _, at = (after or "").partition(":")
        names = [things.name for things in self._things]
        index = names.index(name) if name else 0
        things = self._things[index]
        page = await things.page(at or None, STEP)
        moved, failed = 0, []
        for kept in page:
            try:
                moved += await things.rewrap(kept)
            except SealError as error:
                failed.append(f"{things.name}/{'/'.join(kept.key)}: {error.message}")
        return Rotated(moved, tuple(failed), self._next(index, page))

    async def retire_key(self, key_id: str) -> None:
        """Forget a key that seals nothing any more. Raises `StateError` as long as it is needed."""
        if key_id not in await self._sealer.keys.key_ids():
            raise NotFoundError(
                f"there is no key {key_id}; `alur keys list` shows them", key=key_id
            )
        count = await self._counted()
        if count[key_id]:
            raise StateError(
                f"the key {key_id} still seals {count[key_id]} secrets: `alur keys rotate` moves them first"
            )
        await self._sealer.keys.retire(key_id, list(count))
        await self._record("delete", key_id)

    def _next(self, index: int, page: Sequence[Any]) -> str | None:
        if page:
            return f"{self._things[index].name}:{'/'.join(page[-1].key)}"
        if index + 1 < len(self._things):
            return f"{self._things[index + 1].name}:"
        return None

    async def _counted(self) -> Counter[str]:
        count: Counter[str] = Counter()
        for things in self._things:
            count.update(await things.counted())
        return count

    async def _record(self, action: str, key_id: str) -> None:
        await self._audit.record(await self._bootstrap.owner(), action, "keys", key_id)
