"""Triggers of topics: each record, or each batch, starts one execution, whatever dies in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from alur_common.clock import Clock
from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Documents
from alur_common.outbound.guard import REFUSED_HOST
from alur_common.security.events import Notes, SecurityEvent
from alur_common.starts import StartRequest, Starts
from alur_common.telemetry import get_logger
from alur_scheduler.domain.records import (
    Gathered,
    Position,
    Reading,
    Record,
    item_of,
    reading_of,
    source_of,
)
from alur_scheduler.ports import Definitions, Reader, Readers
from alur_scheduler.service.batches import Batches, Hold
from alur_scheduler.service.listeners import TOPIC, Listeners
from alur_scheduler.service.positions import Positions
from alur_sdk.errors import (
    LIMITED_CREDENTIAL,
    AlurError,
    NotFoundError,
    UnavailableError,
)

MOST = 200
"""So many records are taken at once."""
FETCH_SECONDS = 0.5
LEAVE_SECONDS = 5.0
UNSEEN_SECONDS = 5.0
"""A registry may believe for a moment that a workflow is there which another one has deleted."""
TELL_SECONDS, TELL_ALL_SECONDS = 1.0, 60.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0
_REFUSALS = {
    REFUSED_HOST: ("address-refused", "leads to an address that is not public"),
    LIMITED_CREDENTIAL: ("credential-refused", "not for this type of trigger"),
}
"""The detail that an error has -> what kind of security event it is, and why."""
_log = get_logger("alur.scheduler")


class Topics:
    """Reads what the listeners say, in tasks of this process; members of the same group elsewhere share the work."""

    def __init__(
        self,
        documents: Documents,
        definitions: Definitions,
        starts: Starts,
        readers: Readers,
        clock: Clock,
        *,
        notes: Notes,
    ) -> None:
        self._notes = notes
        self.positions = Positions(documents, clock)
        self._definitions = definitions
        self._starts = starts
        self._readers = readers
        self._clock = clock
        self._listeners = Listeners(documents)
        self._batches = Batches(documents)
        self._tasks: dict[Reading, asyncio.Task[None]] = {}
        self._left: dict[Reading, float] = {}
        """What is read no more, and when to look whether its workflow is deleted."""
        self._lock = asyncio.Lock()

    async def follow(self) -> None:
        """Begin to read what is new, and leave what is gone, changed or rests."""
        async with self._lock:
            await self._follow()

    async def _follow(self) -> None:
        wanted = {reading_of(listener) async for listener in self._listeners.all_of(TOPIC)}
        gone = [reading for reading in self._tasks if reading not in wanted]
        self._left.update(dict.fromkeys(gone, self.monotonic + UNSEEN_SECONDS))
        await self._leave(gone)
        for reading in wanted - self._tasks.keys():
            self._tasks[reading] = asyncio.get_running_loop().create_task(self._read(reading))
        for reading in [one for one, due in self._left.items() if self.monotonic >= due]:
            await self._forget(reading)
            del self._left[reading]

    async def _forget(self, reading: Reading) -> None:
        """Forget how far it was read, if its workflow is deleted: whoever read it told that until it left."""
        try:
            record = await self._definitions.newest(
                reading.tenant, reading.project, reading.workflow
            )
        except NotFoundError:
            record = None
        if record is None or record.uid != reading.uid:
            await self._listeners.remove(reading.uid)

    async def stop(self) -> None:
        """Leave all groups; what was started is committed."""
        await self._leave(list(self._tasks))

    async def _leave(self, readings: Sequence[Reading]) -> None:
        tasks = [self._tasks.pop(reading) for reading in readings]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, reading: Reading) -> None:
        """Read until cancelled: whatever fails is told in the status, and tried again from what is committed."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                secret = None
                if reading.credential is not None:
                    secret = await self._definitions.unseal(
                        reading.tenant, reading.project, reading.credential
                    )
                    secret.check_use("trigger.kafka")
                left = await self.positions.left(reading)
                begun = partial(self.positions.begun, reading)
                async with self._readers.open(reading, secret, left, begun) as reader:
                    pause = FIRST_PAUSE_SECONDS
                    await _Round(self, reading, reader).again_and_again()
            except Exception as error:  # noqa: BLE001  # the outermost loop of every reading
                await self._failed(reading, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _failed(self, reading: Reading, error: Exception) -> None:
        is_known = isinstance(error, AlurError)
        reason = error.message if isinstance(error, AlurError) else repr(error)
        _log.warning(
            "topic not read",
            workflow_id=reading.uid,
            trigger=reading.trigger,
            topic=reading.topic,
            reason=reason,
            exc_info=None if is_known else error,
        )
        if isinstance(error, AlurError):
            self._note(reading, error)
        with contextlib.suppress(AlurError):  # the log has it
            await self.positions.fails(reading, reason)

    def _note(self, reading: Reading, error: AlurError) -> None:
        """Note it, if it is a refusal."""
        for detail, (kind, reason) in _REFUSALS.items():
            if detail in error.details:
                self._tell_security(reading, kind, reason, str(error.details[detail]))

    def _tell_security(self, reading: Reading, kind: str, reason: str, target: str) -> None:
        self._notes.note(
            SecurityEvent(
                kind,
                tenant=reading.tenant,
                reason=reason,
                target=target,
                project=reading.project,
                workflow=reading.workflow,
                node=reading.trigger,
            )
        )

    async def start(
        self, reading: Reading, record: WorkflowRecord, batch: Sequence[Record]
    ) -> None:
        """Start one execution, once for these records."""
        request = StartRequest(
            mode="kafka",
            input=[item_of(one, reading.value) for one in batch],
            trigger=reading.trigger,
            source=source_of(batch, reading.trigger),
        )
        await self._starts.start(record, request)

    async def record_of(self, reading: Reading) -> WorkflowRecord:
        """Return the workflow as it is. Raises `AlurError` for one that is gone or rests: nothing is read for it."""
        record = await self._definitions.newest(reading.tenant, reading.project, reading.workflow)
        if record.uid != reading.uid or record.is_suspended:
            raise UnavailableError(f"the workflow {reading.workflow} rests")
        return record

    async def batch_of(self, reading: Reading, gathered: Gathered, hold: Hold) -> Sequence[Record]:
        """Return the records of the next batch, or none yet."""
        return await self._batches.next(reading, gathered, self._clock.monotonic(), hold)

    @property
    def monotonic(self) -> float:
        """Seconds, for what takes how long."""
        return self._clock.monotonic()


class _Round:
    """One membership: fetch, start, commit, tell."""

    def __init__(self, topics: Topics, reading: Reading, reader: Reader) -> None:
        self._topics = topics
        self._reading = reading
        self._reader = reader
        self._gathered: dict[int, Gathered] = {}
        self._told: dict[int, Position] = {}
        self._tell_at = 0.0
        self._tell_all_at = 0.0

    async def again_and_again(self) -> None:
        await self._topics.positions.fails(self._reading, "")
        try:
            while True:
                await self._once()
        except asyncio.CancelledError:
            # The trigger may rest for longer than the broker remembers where.
            with contextlib.suppress(AlurError):
                await self._tell(is_last=True)
            raise

    async def _once(self) -> None:
        found = await self._reader.fetch(MOST, FETCH_SECONDS)
        for number in self._reader.gone():
            self._gathered.pop(number, None)
        is_single = self._reading.size == 1
        await _to_its_end(self._start_each(found) if is_single else self._start_batches(found))
        if self._topics.monotonic >= self._tell_at:
            await self._tell()

    async def _start_each(self, found: Mapping[int, Sequence[Record]]) -> None:
        if not found:
            return
        topics, reading = self._topics, self._reading
        record = await topics.record_of(reading)
        await asyncio.gather(
            *(topics.start(reading, record, [one]) for records in found.values() for one in records)
        )
        gone = (
            self._reader.gone()
        )  # since they were fetched: they are read again, and start nothing
        done = {n: records[-1].offset + 1 for n, records in found.items() if n not in gone}
        if done:
            await self._reader.commit(done)

    async def _start_batches(self, found: Mapping[int, Sequence[Record]]) -> None:
        topics, reading = self._topics, self._reading
        for number, records in found.items():
            gathered = self._gathered.setdefault(number, Gathered())
            if not gathered.records:
                gathered.since = topics.monotonic
            gathered.records += records
        for number, gathered in self._gathered.items():
            hold = partial(self._hold, number)
            while batch := await topics.batch_of(reading, gathered, hold):
                await topics.start(reading, await topics.record_of(reading), batch)
                await self._reader.commit({number: batch[-1].offset + 1})
                del gathered.records[: len(batch)]
                gathered.since = topics.monotonic

    async def _hold(self, number: int, offset: int) -> None:
        await self._reader.commit({number: offset})

    async def _tell(self, *, is_last: bool = False) -> None:
        """Write down the position of each partition: where its lag changed, and now and then where it was read at all."""
        now = self._topics.monotonic
        is_for_all = is_last or now >= self._tell_all_at
        self._tell_at = now + TELL_SECONDS
        if is_for_all:
            self._tell_all_at = now + TELL_ALL_SECONDS
        for number, position in self._reader.positions().items():
            told = self._told.get(number)
            if told is None or told.lag != position.lag or (is_for_all and told != position):
                await self._topics.positions.tell(self._reading, number, position)
                self._told[number] = position


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do it, also when cancelled, unless that takes long: what was started is to be committed before it is left."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LEAVE_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
