"""Which contents go with the executions that used them, and that nobody who takes one up finds it gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from alur_common.executions import blobs_of
from alur_common.executions.uses import ASIDE, Use
from alur_scheduler.service.contents import ASIDE_SECONDS, YOUNG_SECONDS, Contents
from alur_sdk.errors import StorageError
from tests.unit.scheduler.keeping import DAY, HOUR, LARGE, Half, World

STEPS = 8
"""More than a sweep of one content has."""
WRITES = {"put", "set_aside", "discard", "insert", "replace", "delete"}


@pytest.fixture
def world() -> World:
    return World()


async def test_contents_are_looked_through_by_one_of_several(world: World) -> None:
    await blobs_of(world.blobs, "nobody").put(b"shared")
    world.clock.advance(9 * DAY)
    other = Contents(world.executions, world.uses, world.blobs, world.clock, Half())
    assert await other.sweep() == 0
    assert await world.contents.sweep() == 1


async def test_a_content_goes_with_the_last_execution_that_uses_it(world: World) -> None:
    one = await world.end(await world.start(input=LARGE))
    two = await world.end(await world.start(input=LARGE), keep=DAY)
    assert one.input_blob == two.input_blob
    sha256 = str(one.input_blob)
    await world.sweep_after(2 * HOUR)
    assert await world.executions.find(one.id) is None
    assert await world.has(sha256)
    await world.sweep_after(DAY)
    assert not world.is_in_place(sha256)
    assert await world.has(sha256)
    await world.sweep_after(ASIDE_SECONDS + 1)
    assert not await world.has(sha256)
    assert await world.uses.page(None, 10) == []


async def test_what_is_in_the_journal_is_kept_with_its_execution(world: World) -> None:
    execution = await world.start()
    sha256 = await blobs_of(world.blobs, execution.id).put(b"a batch")
    await world.sweep_after(9 * DAY)
    assert await world.has(sha256)
    await world.end(execution)
    await world.sweep_after(HOUR)
    assert not world.is_in_place(sha256)
    await world.sweep_after(ASIDE_SECONDS + 1)
    assert not await world.has(sha256)


async def test_a_result_is_kept_as_long_as_it_may_be_asked_for_again(world: World) -> None:
    execution = await world.start("k", input=LARGE)
    output = await blobs_of(world.blobs, execution.id).put(b"[1]")
    await world.end(execution, output=None, output_blob=output)
    await world.sweep_after(2 * HOUR)
    assert not world.is_in_place(str(execution.input_blob))
    assert world.is_in_place(output)
    await world.sweep_after(DAY)
    assert not world.is_in_place(output)
    await world.sweep_after(ASIDE_SECONDS + 1)
    assert not await world.has(output)


async def test_a_content_whose_execution_is_not_accepted_yet_stays_a_while(world: World) -> None:
    sha256 = await blobs_of(world.blobs, "about to be").put(b"input")
    await world.sweep_after(YOUNG_SECONDS)
    assert world.is_in_place(sha256)
    await world.sweep_after(1)
    assert not world.is_in_place(sha256)


async def test_a_second_try_to_be_accepted_makes_its_content_young_again(world: World) -> None:
    view = blobs_of(world.blobs, "about to be")
    await view.put(b"input")
    world.clock.advance(YOUNG_SECONDS)
    sha256 = await view.put(b"input")
    await world.sweep_after(YOUNG_SECONDS)
    assert await world.has(sha256)


class Killed(BaseException):
    """The process has ended."""


class Stepwise:
    """Goes through a sweep write by write: before one another execution takes the content up, before one ours is killed."""

    def __init__(self, world: World, sha256: str, takes: int, dies: int) -> None:
        self._world, self._sha256, self._takes, self._dies = world, sha256, takes, dies
        self.count, self.is_taken = 0, False

    async def take(self) -> None:
        self.count = STEPS  # its own writes are none of the sweep's
        await self._world.start(input=LARGE)
        self.is_taken = True

    async def sweep(self) -> None:
        with pytest.MonkeyPatch.context() as patched, suppress(Killed):
            for store in (self._world.kept, self._world.documents):
                for name in WRITES & set(dir(store)):
                    patched.setattr(store, name, partial(self._step, getattr(store, name)))
            await self._world.contents.sweep()

    async def _step(
        self, write: Callable[..., Awaitable[Any]], *given: Any, **named: Any
    ) -> object:
        if self.count < STEPS:
            await self._before(self.count)
        return await write(*given, **named)

    async def _before(self, step: int) -> None:
        assert step < STEPS - 1
        if step == self._takes:
            await self.take()
        self.count = step + 1
        assert not self.is_taken or await self._world.has(self._sha256)
        if step == self._dies:
            raise Killed


@pytest.mark.parametrize("takes", range(STEPS))
@pytest.mark.parametrize("dies", range(STEPS))
async def test_a_content_that_is_taken_up_while_it_goes_is_never_gone(
    world: World, takes: int, dies: int
) -> None:
    sha256 = str((await world.end(await world.start(input=LARGE))).input_blob)
    world.clock.advance(2 * HOUR)
    await world.retention.sweep()
    steps = Stepwise(world, sha256, takes, dies)
    await steps.sweep()
    if not steps.is_taken:
        await steps.take()
    for pause in (0, 0, ASIDE_SECONDS, 1, DAY):
        assert await world.has(sha256)
        await world.sweep_after(pause)
    assert world.is_in_place(sha256)
    assert len(await world.uses.of_blob(sha256, None, 10)) == 1


async def test_a_content_that_nobody_can_read_holds_no_other_up(world: World) -> None:
    await world.uses.record(Use(ASIDE, "0" * 64, world.clock.now()))
    await world.uses.record(Use((await world.start()).id, "0" * 64, world.clock.now()))
    sha256 = await blobs_of(world.blobs, "nobody").put(b"content")
    await world.sweep_after(2 * HOUR)
    assert not world.is_in_place(sha256)


@pytest.mark.parametrize("step", ["set_aside", "discard"])
async def test_a_content_that_cannot_be_moved_holds_no_other_up_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    names = {await blobs_of(world.blobs, "nobody").put(bytes([n])) for n in range(5)}
    stuck = min(names)
    work = getattr(world.kept, step)

    async def fails(sha256: str) -> None:
        if sha256 == stuck:
            raise StorageError(f"blob {sha256} cannot be moved")
        await work(sha256)

    with monkeypatch.context() as patched:
        patched.setattr(world.kept, step, fails)
        for pause in (2 * HOUR, ASIDE_SECONDS + 1):
            await world.sweep_after(pause)
        assert {name for name in names if await world.has(name)} == {stuck}
    for pause in (2 * HOUR, ASIDE_SECONDS + 1):
        await world.sweep_after(pause)
    assert not await world.has(stuck)
    assert await world.uses.page(None, 10) == []


async def test_a_use_that_became_young_while_it_was_looked_at_stays(world: World) -> None:
    await world.uses.record(Use("e", "0" * 64, 0.0))
    (seen,) = await world.uses.page(None, 10)
    await world.uses.record(Use("e", "0" * 64, 1.0))
    await world.uses.remove(seen)
    assert [use.at for use in await world.uses.page(None, 10)] == [1.0]


async def test_many_uses_are_looked_at_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_scheduler.service.contents.PAGE", 2)
    monkeypatch.setattr("alur_scheduler.service.contents.PAUSE_SECONDS", 0)
    living = await world.start()
    users = ("a", "b", living.id, "y", "z")
    names = {await blobs_of(world.blobs, user).put(b"shared") for user in users}
    world.clock.advance(2 * HOUR)
    assert await world.contents.sweep() == 4
    assert [use.execution for use in await world.uses.page(None, 10)] == [living.id]
    assert [await world.has(name) for name in names] == [True]


async def test_what_was_put_by_nobody_is_never_removed(world: World) -> None:
    sha256 = await world.blobs.put(b"from before uses were counted")
    await world.sweep_after(9 * DAY)
    assert await world.has(sha256)
