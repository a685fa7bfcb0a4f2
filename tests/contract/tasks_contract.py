"""What `Tasks` promises, on whatever documents are kept in."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.documents.port import Documents
from alur_common.executions import Task, Tasks, task_id
from alur_common.pools import EVERY, Pools
from alur_sdk.errors import ConflictError, NotFoundError

GPU = Pools(("gpu",))
BOTH = Pools(("browser", "gpu"))


def task(name: str, pool: str = "gpu", offered_at: float = 1.0) -> Task:
    return Task(task_id("e", name), "t", "e", name, "loop[1]", 1, pool, offered_at)


class TasksContract:
    """The suite; a subclass has a fixture `documents`, opened with `TASKS`."""

    @pytest.fixture
    def tasks(self, documents: Documents) -> Tasks:
        return Tasks(documents)

    async def test_the_oldest_of_all_its_pools_is_claimed_first(self, tasks: Tasks) -> None:
        for made in (task("a", "gpu", 3.0), task("b", "browser", 1.0), task("c", "gpu", 2.0)):
            await tasks.offer(made)
        claimed = [await tasks.claim(BOTH, "w") for _ in range(4)]
        assert [one and one.node for one in claimed] == ["b", "c", "a", None]

    async def test_only_what_is_served_is_claimed_and_all_by_who_serves_all(
        self, tasks: Tasks
    ) -> None:
        await tasks.offer(task("a", "browser"))
        assert await tasks.claim(GPU, "w") is None
        assert (await tasks.claim(EVERY, "w") or task("")).node == "a"

    async def test_each_is_claimed_by_one_of_many(self, tasks: Tasks) -> None:
        for number in range(6):
            await tasks.offer(task(str(number), offered_at=float(number)))
        claimed = await asyncio.gather(*(tasks.claim(GPU, f"w-{n}") for n in range(12)))
        assert sorted(one.node for one in claimed if one) == ["0", "1", "2", "3", "4", "5"]
        assert {one.epoch for one in claimed if one} == {1}

    async def test_an_offer_that_is_repeated_changes_nothing(self, tasks: Tasks) -> None:
        await tasks.offer(task("a"))
        claimed = await tasks.claim(GPU, "w")
        await tasks.offer(task("a"))
        assert await tasks.find(task("a").id) == claimed

    async def test_who_lost_it_is_refused(self, tasks: Tasks) -> None:
        await tasks.offer(task("a"))
        first = await tasks.claim(GPU, "one")
        assert first is not None
        await tasks.save(first.changed(worker=None))
        second = await tasks.claim(GPU, "two")
        assert second is not None
        assert (second.epoch, second.worker) == (2, "two")
        with pytest.raises(ConflictError):
            await tasks.save(first.changed(worker=None, done_at=2.0))
        await tasks.remove(second.id)
        with pytest.raises(NotFoundError):
            await tasks.save(second.changed(worker=None, done_at=2.0))

    async def test_claimed_and_done_are_found_and_do_not_wait(self, tasks: Tasks) -> None:
        for name in "abc":
            await tasks.offer(task(name))
        one, two = await tasks.claim(GPU, "w-1"), await tasks.claim(GPU, "w-2")
        assert one is not None
        assert two is not None
        assert await tasks.claimed(None, 1) == [one]
        assert await tasks.claimed(one, 9) == [two]
        assert await tasks.of("w-2") == [two]
        done = await tasks.save(one.changed(worker=None, done_at=5.0, entries=[["x", None]]))
        assert await tasks.done(None, 9) == [done]
        assert await tasks.done(done, 9) == []
        assert await tasks.claimed(None, 9) == [two]

    async def test_the_oldest_of_each_pool_is_told(self, tasks: Tasks) -> None:
        assert await tasks.is_empty()
        for made in (task("a", "b", 2.0), task("b", "a", 3.0), task("c", "b", 1.0)):
            await tasks.offer(made)
        assert [one.node for one in await tasks.oldest(9)] == ["b", "c"]
        assert [one.node for one in await tasks.oldest(1)] == ["b"]
        assert not await tasks.is_empty()
