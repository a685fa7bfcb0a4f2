"""Records of retry topics until they are due: each partition waits for its first."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

Take = Callable[[TopicPartition, ConsumerRecord[Any, Any]], None]


class Waiting:
    """Holds back what is not due. Whoever uses it fetches nothing more of a partition that waits."""

    def __init__(
        self, delays: Mapping[str, float], take: Take, changed: Callable[[], None]
    ) -> None:
        """`delays` are seconds by topic; `take` gets what is due, `changed` is called when a partition waits no more."""
        self._delays = delays
        self._take = take
        self._changed = changed
        self._held: dict[TopicPartition, deque[ConsumerRecord[Any, Any]]] = {}
        self._timers: dict[TopicPartition, asyncio.TimerHandle] = {}

    def concerns(self, partition: TopicPartition) -> bool:
        """Whether records of this partition wait."""
        return partition.topic in self._delays

    def partitions(self) -> Collection[TopicPartition]:
        """Return the partitions that wait."""
        return self._held.keys()

    def hold(self, partition: TopicPartition, records: Iterable[ConsumerRecord[Any, Any]]) -> None:
        """Keep records of a partition, in their order, until each is due."""
        self._held.setdefault(partition, deque()).extend(records)
        self._release(partition)

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget what waits there: it is read again by whoever has the partition."""
        for partition in partitions:
            self._held.pop(partition, None)
            timer = self._timers.pop(partition, None)
            if timer is not None:
                timer.cancel()

    def _release(self, partition: TopicPartition) -> None:
        held = self._held[partition]
        delay = self._delays[partition.topic]
        timer = self._timers.pop(partition, None)
        if timer is not None:
            timer.cancel()
        while held:
            left = held[0].timestamp / 1000 + delay - time.time()
            if left > 0:
                loop = asyncio.get_running_loop()
                self._timers[partition] = loop.call_later(left, self._release, partition)
                return
            self._take(partition, held.popleft())
        del self._held[partition]
        self._changed()
