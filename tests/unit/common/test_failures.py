"""What the store and the bus could not do is counted, and can be read on the port of metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn
from urllib.request import urlopen

import pytest

from alur_common.bus_in_process import InProcessBus, Retries, dead_letter_counter
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.metered import MeteredDocuments
from alur_common.documents.port import Collection, Documents
from alur_common.events import ExecutionAdmitted
from alur_common.telemetry import Metrics, start_metrics_server
from alur_sdk.errors import ExistsError, StorageError, UnavailableError
from tests.support.clock import FakeClock

THINGS = Collection("things")
CALLS: dict[str, Callable[[Documents], Awaitable[Any]]] = {
    "insert": lambda store: store.insert(THINGS, {"id": "a"}),
    "get": lambda store: store.get(THINGS, "a"),
    "find_one": lambda store: store.find_one(THINGS, "a"),
    "replace": lambda store: store.replace(THINGS, {"id": "a"}),
    "find": lambda store: store.find(THINGS),
    "count": lambda store: store.count(THINGS),
    "delete": lambda store: store.delete(THINGS, "a"),
    "delete_many": lambda store: store.delete_many(THINGS, [], limit=1),
}
NAMES = {"find_one": "get", "delete_many": "delete"}


class Broken(MemoryDocuments):
    """A store that can do nothing."""

    def _kept(self, collection: Collection) -> NoReturn:
        raise StorageError("the disk is full")


def read(metrics: Metrics) -> str:
    server = start_metrics_server(metrics, "127.0.0.1", 0)
    try:
        with urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
            return str(answer.read().decode())
    finally:
        server.close()


@pytest.mark.parametrize("name", CALLS)
async def test_a_failure_of_the_store_is_counted_and_told(name: str) -> None:
    metrics = Metrics()
    with pytest.raises(StorageError):
        await CALLS[name](MeteredDocuments(Broken(FakeClock()), metrics))
    operation = NAMES.get(name, name)
    line = f'alur_store_errors_total{{code="storage",operation="{operation}"}} 1.0'
    assert line in read(metrics)


async def test_a_store_that_works_counts_nothing() -> None:
    metrics = Metrics()
    store = MeteredDocuments(MemoryDocuments(FakeClock()), metrics)
    for call in CALLS.values():
        await call(store)
    await store.insert(THINGS, {"id": "b"})
    with pytest.raises(ExistsError):
        await store.insert(THINGS, {"id": "b"})
    assert "alur_store_errors_total{" not in metrics.text()


async def test_a_dead_letter_is_counted() -> None:
    metrics = Metrics()
    bus = InProcessBus(
        Retries(attempts=2, first_seconds=0), on_dead_letter=dead_letter_counter(metrics)
    )

    async def fail(_: ExecutionAdmitted) -> None:
        raise UnavailableError("not now")

    bus.subscribe(ExecutionAdmitted, "executor", fail)
    await bus.publish(ExecutionAdmitted("e", "t"))
    await bus.drain()
    labels = f'group="executor",topic="{ExecutionAdmitted.topic}"'
    assert f"alur_bus_dead_letters_total{{{labels}}} 1.0" in read(metrics)
