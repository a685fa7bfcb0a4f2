"""A process that dies between any two writes loses neither a version nor an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Collection, Document, Where
from alur_common.security.rights import Caller
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from tests.unit.registry.world import Doc, MovingClock, RememberingBus


class CrashError(Exception):
    """The process is no more."""


class CrashingDocuments(MemoryDocuments):
    """Documents of a process that dies before its write number `last`, or right after it."""

    def __init__(
        self, clock: MovingClock, living: MemoryDocuments, last: int, *, after: bool
    ) -> None:
        super().__init__(clock)
        self._collections = living._collections
        self._left = last
        self._after = after

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        self._die(before=True)
        stored = await super().insert(collection, document)
        self._die(before=False)
        return stored

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        self._die(before=True)
        stored = await super().replace(collection, document, at_revision=at_revision, where=where)
        self._die(before=False)
        return stored

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        self._die(before=True)
        was_there = await super().delete(collection, key, at_revision=at_revision)
        self._die(before=False)
        return was_there

    def _die(self, *, before: bool) -> None:
        if before:
            self._left -= 1
        if self._left == 0 and before is not self._after:
            raise CrashError


async def do(dying: Registry, deed: str, owner: Caller, changed: Doc) -> None:
    if deed == "update":
        await dying.save(owner, "default", changed)
    else:
        await dying.delete_workflow(owner, "default", "orders")
    # Some deeds take fewer writes: then the process dies at an idle moment.
    raise CrashError


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("last", range(1, 7))
@pytest.mark.parametrize("deed", ["update", "delete"])
async def test_what_a_crash_cut_off_is_whole_after_the_restart(
    *,
    registry: Registry,
    owner: Caller,
    document: Doc,
    clock: MovingClock,
    documents: MemoryDocuments,
    settings: Settings,
    rebuild: Callable[[], Registry],
    bus: RememberingBus,
    deed: str,
    last: int,
    after: bool,
) -> None:
    first, _ = await registry.save(owner, "default", document)
    crashing = CrashingDocuments(clock, documents, last, after=after)
    dying = build(crashing, RememberingBus(), clock, SystemIds(clock), settings)
    changed = {**document, "spec": {**document["spec"], "title": "changed"}}
    with pytest.raises(CrashError):
        await do(dying, deed, owner, changed)

    bus.events.clear()
    again = rebuild()
    await again.start()
    found = again.find_hook(first.hook_id)
    # The first version is there whatever happened, and whoever was not told is told now.
    assert (await again.version(first.uid, 1)).document == first.document
    for event in bus.events:
        assert event.deleted is (found is None)
    if found is not None:
        assert (await again.version(first.uid, found.version)).document == found.document
        saved, _ = await again.save(owner, "default", changed)
        assert saved.version == 2
    where = [Where("tenant", "eq", "default")]
    assert await documents.count(Collection("workflows", ("tenant",)), where) == int(
        found is not None
    )
