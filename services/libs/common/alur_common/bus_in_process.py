"""The bus within one process: events go straight to their handlers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from alur_common.bus import Handler, PoisonError, Wanted
from alur_common.events import Event
from alur_common.telemetry import Metrics, get_logger


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a handler that fails is called again, and how long between: doubled from `first_seconds`."""

    attempts: int = 5
    first_seconds: float = 0.05
    most_seconds: float = 5.0

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after this attempt (1 is the first)."""
        return min(self.most_seconds, self.first_seconds * 2.0 ** (attempt - 1))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a group could not handle, and why; the store admits its execution again."""

    event: Event
    group: str
    reason: str


def dead_letter_counter(metrics: Metrics) -> Callable[[DeadLetter], None]:
    """Return what counts dead letters in `alur_bus_dead_letters_total`, by topic and group."""
    counter = metrics.counter("bus_dead_letters_total")
    return lambda letter: counter.labels(letter.event.topic, letter.group).inc()


class InProcessBus:
    """`Bus` without a broker: each event becomes a task for each group, one after the other for one key.

    What is under way is lost with the process: on start the store admits unfinished work again. An event
    that fails `retries.attempts` times goes to `dead_letters` (the newest `keep`) and to `on_dead_letter`.
    """

    def __init__(
        self,
        retries: Retries | None = None,
        *,
        keep: int = 1000,
        on_dead_letter: Callable[[DeadLetter], None] | None = None,
    ) -> None:
        self._retries = retries or Retries()
        self._groups: dict[str, dict[str, _Group]] = {}
        self._on_dead_letter = on_dead_letter
        self.dead_letters: deque[DeadLetter] = deque(maxlen=keep)

    async def start(self) -> None:
        """Deliver from the first: there is nobody to connect to."""

    def subscribe(
        self,
        event: type[Event],
        group: str,
        handler: Handler,
        *,
        when: Wanted | None = None,
        broadcast: bool = False,
    ) -> None:
        """Add the handler; a second one of the same group and topic is a mistake and raises ValueError."""
        groups = self._groups.setdefault(event.topic, {})
        del broadcast  # there is one process
        if group in groups:
            raise ValueError(f"group {group} handles {event.topic} already")
        groups[group] = _Group(group, handler, when, self._retries, self._bury)

    async def publish(self, event: Event) -> None:
        self.tell(event)

    def tell(self, event: Event) -> None:
        for group in self._groups.get(event.topic, {}).values():
            if group.when is None or group.when(event):
                group.deliver(event)

    async def drain(self) -> None:
        """Wait until every event published so far, and all that follow from them, are handled."""
        while tasks := [
            task for groups in self._groups.values() for g in groups.values() for task in g.tasks
        ]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Cancel what is under way; the store admits it again at the next start."""
        for groups in self._groups.values():
            for group in groups.values():
                group.cancel()
        await self.drain()

    def _bury(self, letter: DeadLetter) -> None:
        self.dead_letters.append(letter)
        if self._on_dead_letter is not None:
            self._on_dead_letter(letter)


class _Group:
    """One group's handler of one topic, and what it is busy with: at most one event of a key at a time."""

    __slots__ = ("_bury", "_handler", "_log", "_name", "_queues", "_retries", "tasks", "when")

    def __init__(
        self,
        name: str,
        handler: Handler,
        when: Wanted | None,
        retries: Retries,
        bury: Callable[[DeadLetter], None],
    ) -> None:
        self._log = get_logger("alur.bus")
        self._name = name
        self._handler = handler
        self.when = when
        self._retries = retries
        self._bury = bury
        self._queues: dict[str, deque[Event]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def deliver(self, event: Event) -> None:
        queue = self._queues.get(event.key)
        if queue is not None:
            queue.append(event)
            return
        self._queues[event.key] = deque((event,))
        task = asyncio.get_running_loop().create_task(self._work(event.key))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def cancel(self) -> None:
        for task in self.tasks:
            task.cancel()

    async def _work(self, key: str) -> None:
        queue = self._queues[key]
        try:
            while queue:
                await self._handle(queue[0])
                queue.popleft()
        finally:
            del self._queues[key]

    async def _handle(self, event: Event) -> None:
        for attempt in range(1, self._retries.attempts + 1):
            try:
                await self._handler(event)
            except PoisonError as error:
                await self._failed(event, self._retries.attempts, error)
                return
            except Exception as error:  # noqa: BLE001 - the outermost loop of every handler
                await self._failed(event, attempt, error)
            else:
                return

    async def _failed(self, event: Event, attempt: int, error: Exception) -> None:
        final = attempt == self._retries.attempts
        log = self._log.error if final else self._log.warning
        log(
            "event given up" if final else "event handler failed",
            topic=event.topic,
            key=event.key,
            group=self._name,
            attempt=attempt,
            exc_info=error,
        )
        if final:
            self._bury(DeadLetter(event, self._name, f"{type(error).__name__}: {error}"))
            return
        await asyncio.sleep(self._retries.pause(attempt))
