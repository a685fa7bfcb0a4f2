"""Several schedulers on one store, which a test kills, stops and wakes again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Documents
from alur_scheduler.domain.partitions import slot_of
from alur_scheduler.service.sharing import TURN_SECONDS, SharedWork
from tests.support.clock import FakeClock

COUNT = 16


class Counting:
    """A meter of one scheduler."""

    def __init__(self) -> None:
        self.held = 0
        self.refusals: Counter[str] = Counter()
        self.drifts: list[float] = []

    def partitions(self, count: int) -> None:
        self.held = count

    def refused(self, what: str) -> None:
        self.refusals[what] += 1

    def drift(self, seconds: float) -> None:
        self.drifts.append(seconds)

    def queue_oldest(self, age: float) -> None: ...
    def admitted_again(self, reason: str, count: int) -> None: ...

    def pool_oldest(self, pool: str, age: float) -> None: ...

    def offered_again(self, pool: str) -> None: ...

    def pool_empty(self, pool: str) -> None: ...


class Schedulers:
    """Those that live take a turn every second."""

    def __init__(self, count: int = COUNT) -> None:
        self.clock = FakeClock()
        self.documents: Documents = MemoryDocuments(self.clock)
        self.count = count
        self.meters: dict[str, Counting] = {}
        self.running: dict[str, SharedWork] = {}

    async def begin(self, me: str, name: str = "") -> SharedWork:
        meter = self.meters[me] = Counting()
        shared = SharedWork(self.documents, self.clock, meter, me=me, name=name, count=self.count)
        await shared.begin()
        self.running[me] = shared
        return shared

    def stop(self, me: str) -> SharedWork:
        """Let it stand still, or be dead, from now on."""
        return self.running.pop(me)

    async def wake(self, me: str, shared: SharedWork) -> None:
        self.running[me] = shared
        await shared.turn()

    async def go_on(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(TURN_SECONDS)
            for shared in self.running.values():
                await shared.turn()

    def held(self) -> dict[str, int]:
        return {me: len(shared._held) for me, shared in self.running.items()}

    def fences(self, *shares: SharedWork) -> dict[int, int]:
        """Return partition -> fence of these; raises AssertionError when two hold the same."""
        found: dict[int, int] = {}
        for share in shares or self.running.values():
            for number, key in enumerate(keys(self.count)):
                fence = share.fence_of(key)
                if fence is not None:
                    assert number not in found, f"two hold partition {number}"
                    found[number] = fence
        return found


def keys(count: int = COUNT) -> Iterator[str]:
    """Yield a key of each partition."""
    for number in range(count):
        yield next(str(n) for n in range(100_000) if slot_of(str(n)) % count == number)
