"""A start that waits for what it needs."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from alur_common import ground_shared
from alur_common.documents.mongo import MongoDocuments
from alur_common.ground_shared import CATCH_UP_SECONDS, _catching_up, _patiently
from alur_common.process import Process
from alur_common.telemetry import Metrics
from alur_sdk.errors import UnavailableError
from tests.support.virtual_time import in_virtual_time


class Lost:
    """A server that cannot be reached until it has been asked so often; its driver hides cancellations."""

    def __init__(self, times: int, process: Process | None = None) -> None:
        self.asked = 0
        self._times, self._process = times, process

    async def open(self) -> None:
        self.asked += 1
        if self._process is not None:
            self._process.tell()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                raise UnavailableError("no answer") from None
        if self.asked <= self._times:
            raise UnavailableError("no answer")


async def test_a_start_that_is_told_to_stop_ends_though_a_driver_swallowed_it() -> None:
    async def start() -> None:
        process = Process(Metrics(), None)
        await _patiently(process, "MongoDB", Lost(1, process).open)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(start())


async def test_a_start_says_once_in_a_while_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ground_shared, "PAUSE_SECONDS", 0.0)
    lost = Lost(5)
    await _patiently(Process(Metrics(), None), "Kafka", lost.open)
    assert lost.asked == 6
    assert capsys.readouterr().out.count("waiting for what is needed") == 1


class Behind:
    """A store that holds what an older version wrote; it is out of reach every second time."""

    def __init__(self) -> None:
        self.asked = 0

    async def catch_up(self) -> None:
        self.asked += 1
        if self.asked % 2:
            raise UnavailableError("no answer")


@in_virtual_time
async def test_what_older_versions_write_is_filled_again_and_again_whatever_fails() -> None:
    store = Behind()
    async with _catching_up(cast("MongoDocuments", store)):
        await asyncio.sleep(3.5 * CATCH_UP_SECONDS)
    await asyncio.sleep(3 * CATCH_UP_SECONDS)
    assert store.asked == 3
