"""Telling of every end, though whoever wrote it dies before it could.

An end carries who wrote it and a number, counted from 1 in each process. Of each process a small document holds the
first number that may not be told yet. So an end costs no write beside its own, and when a process dies, another finds
what is left by its name and number.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.documents.port import Collection, Document, Documents, Where
from alur_common.events import Event, ExecutionCompleted, GateChanged
from alur_common.executions.entity import Execution
from alur_common.executions.repository import Executions
from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import AlurError, ExistsError, NotFoundError, UnavailableError
from alur_sdk.instants import rfc3339

OUTBOXES = Collection(
    "outboxes",
    holds="of each process that ends executions, the first end that may not be told yet",
    owner="gateway, scheduler, executor",
)
PAGE = 200
KEEP_SECONDS = 5.0
"""Between two writes of a living process's document."""
_log = get_logger("alur.outbox")


def events_of_end(execution: Execution) -> list[Event]:
    """Return what is to be told of an execution that has ended: to all, and to who keeps the gate that it was behind.

    Few workflows have a gate, so schedulers are told of those alone and do not follow all ends.
    """
    completed = ExecutionCompleted(
        execution.id,
        execution.tenant,
        project=execution.project,
        workflow=execution.workflow,
        workflow_uid=execution.workflow_uid,
        version=execution.version,
        status=execution.status,
        gated=execution.gated,
        parent=execution.parent.execution if execution.parent else None,
        accepted_at=rfc3339(execution.accepted_at) or "",
        started_at=rfc3339(execution.started_at),
        finished_at=rfc3339(execution.finished_at),
        trace_id=execution.shown_trace,
    )
    if not execution.gated:
        return [completed]
    return [completed, GateChanged(execution.workflow_uid, execution.tenant, execution.id)]


class Outbox(Protocol):
    """Tells of ends: `stamp` an execution, write it, then `tell`.

    `drop` it when the write was refused, `miss` it when nobody knows what became of the write.
    """

    def stamp(self, execution: Execution) -> Execution:
        """Return the ended execution as it is to be written."""

    def drop(self, execution: Execution) -> None:
        """Tell nobody: somebody else has ended it."""

    def miss(self, execution: Execution) -> None:
        """Tell later, if it is in the store."""

    async def tell(self, execution: Execution) -> None:
        """Publish that it has ended; when the bus is out of reach, later."""


class DirectOutbox:
    """For one process, with which whoever listens dies as well: it looks at the store when it starts."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def stamp(self, execution: Execution) -> Execution:
        return execution

    def drop(self, execution: Execution) -> None:
        """Nothing is kept of it."""

    def miss(self, execution: Execution) -> None:
        """Nothing is kept of it."""

    async def tell(self, execution: Execution) -> None:
        for event in events_of_end(execution):
            self._bus.tell(event)


class StoredOutbox:
    """For many processes. `keep` runs beside while this one lives; `writer` names it and nobody before it."""

    def __init__(
        self, documents: Documents, executions: Executions, bus: Bus, clock: Clock, writer: str
    ) -> None:
        self._boxes = Outboxes(documents, clock)
        self._teller = Teller(executions, bus)
        self._bus = bus
        self._writer = writer
        self._last = 0
        self._open: dict[int, None] = {}
        self._missed: int | None = None
        """From this number on ends were written, or may have been, of which nobody was told."""

    def stamp(self, execution: Execution) -> Execution:
        self._last += 1
        self._open[self._last] = None
        return execution.changed(told_by=self._writer, told_number=self._last)

    def drop(self, execution: Execution) -> None:
        del self._open[execution.told_number]

    def miss(self, execution: Execution) -> None:
        self._miss(execution.told_number)
        del self._open[execution.told_number]

    async def tell(self, execution: Execution) -> None:
        try:
            for event in events_of_end(execution):
                await self._bus.publish(event)
        except UnavailableError as error:
            _log.warning("end not told yet", execution_id=execution.id, reason=error.message)
            self.miss(execution)
        else:
            self.drop(execution)

    async def begin(self) -> None:
        """Make this process's document."""
        await self._boxes.put(self._writer, 1)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Have this process's document, and keep it, for the length of the block; no end is written outside.

        It is removed when all is told; else it stays for others.
        """
        await self.begin()
        keeping = asyncio.get_running_loop().create_task(self.keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            if not self._open and self._missed is None:
                await self._boxes.remove(self._writer)

    async def keep(self) -> None:
        """Keep the document young and true, and tell what was missed, until cancelled."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await self._tell_missed()
                await self._boxes.put(self._writer, self._low())
            except AlurError as error:
                _log.warning("outbox not kept", reason=error.message)

    def _low(self) -> int:
        first = next(iter(self._open), self._last + 1)
        return first if self._missed is None else min(first, self._missed)

    def _miss(self, number: int) -> None:
        self._missed = number if self._missed is None else min(number, self._missed)

    async def _tell_missed(self) -> None:
        first, self._missed = self._missed, None
        if first is None:
            return
        try:
            await self._teller.tell_from(self._writer, first)
        except BaseException:  # cancelled as well: what is not told stays missed
            self._miss(first)
            raise


class Outboxes:
    """The documents of all processes that end executions."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def put(self, writer: str, low: int) -> None:
        """Write the first number that may not be told; each write moves the document."""
        document: Document = {"id": writer, "low": low, "at": self._clock.now()}
        try:
            await self._documents.replace(OUTBOXES, document)
        except NotFoundError:
            try:
                await self._documents.insert(OUTBOXES, document)
            except ExistsError:
                return  # a write whose answer was lost: the next one sets the number

    async def all(self) -> list[Document]:
        """Return `{id, low, at, revision}` of each."""
        boxes: list[Document] = []
        while True:
            after = [boxes[-1]["id"]] if boxes else None
            page = await self._documents.find(OUTBOXES, limit=PAGE, after=after)
            boxes += page
            if len(page) < PAGE:
                return boxes

    async def remove(self, writer: str) -> None:
        """Forget a process."""
        await self._documents.delete(OUTBOXES, writer)


class Teller:
    """Publishes ends that are in the store."""

    def __init__(self, executions: Executions, bus: Bus) -> None:
        self._executions = executions
        self._bus = bus

    async def tell_from(self, writer: str, number: int) -> list[int]:
        """Publish all ends that a process has written from this number on; return their numbers, in order."""
        told: list[int] = []
        while True:
            first = told[-1] + 1 if told else number
            page = await self._tell(writer, Where("told_number", "gte", first))
            told += page
            if len(page) < PAGE:
                return told

    async def tell_these(self, writer: str, numbers: Sequence[int]) -> list[int]:
        """Publish those of these ends that a process has written; return their numbers."""
        told: list[int] = []
        for start in range(0, len(numbers), PAGE):
            asked = list(numbers[start : start + PAGE])
            told += await self._tell(writer, Where("told_number", "in", asked))
        return told

    async def _tell(self, writer: str, numbers: Where) -> list[int]:
        where = [Where("told_by", "eq", writer), numbers]
        page = await self._executions.search(where, sort=("told_number",), limit=PAGE)
        events = [event for ended in page for event in events_of_end(ended)]
        await asyncio.gather(*map(self._bus.publish, events))
        return [ended.told_number for ended in page]
