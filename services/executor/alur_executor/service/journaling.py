"""Writing the journal of one execution: entries gather, a flush makes them durable together."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from alur_common.blobs import Blobs
from alur_common.executions import Batch, Journals
from alur_common.executions.content import kept_entries
from alur_engine.journal import JournalEntry, encode_entry
from alur_executor.service.persisting import until_written
from alur_sdk.errors import ExistsError


class FencedError(Exception):
    """Another executor owns the execution now: whoever sees this stops, without a further write."""


class JournalWriter:
    """Appends batches in dense numbers; a batch whose number is taken means that the owner is another."""

    def __init__(
        self,
        journals: Journals,
        blobs: Blobs,
        execution: str,
        *,
        epoch: int,
        batches: int,
        limit: int,
    ) -> None:
        self._journals = journals
        self._blobs = blobs
        self._execution = execution
        self.epoch = epoch
        self.batches = batches
        self._limit = limit
        self._pending: list[JournalEntry] = []
        self.recorded = 0
        """How many entries were taken so far."""
        self.durable = 0
        """How many of them are in the store."""
        self._under_way: tuple[Batch, int] | None = None
        """The batch that may or may not be in the store, and how many entries it holds."""
        self._lock = asyncio.Lock()

    def record(self, entry: JournalEntry) -> None:
        """Take an entry; it becomes durable with the next flush, or with the end."""
        self._pending.append(entry)
        self.recorded += 1

    @property
    def has_pending(self) -> bool:
        """Entries wait for a flush."""
        return bool(self._pending)

    async def take_rest(self) -> list[Any]:
        """Return the pending entries as they are kept in the document that ends the execution. Settle before.

        Raises `LimitError` when they are more than can be kept.
        """
        entries, self._pending = self._pending, []
        self.durable = self.recorded
        return await self._kept([encode_entry(entry) for entry in entries])

    async def flush(self) -> None:
        """Return when everything recorded so far is durable. Flushes that meet go together.

        Whoever waits here may be cancelled: the next one writes the same batch again, for it holds the entries of others too.
        Raises `FencedError` when another executor owns the execution.
        """
        target = self.recorded
        while self.durable < target:
            async with self._lock:
                if self.durable < target:
                    await self._write()

    async def prove(self) -> None:
        """Show by an append that the execution is still ours; raises `FencedError` when it is not."""
        async with self._lock:
            if self._under_way is not None:
                await self._write()
            else:
                await self._append(Batch(self._execution, self.batches + 1, self.epoch, []))

    async def settle(self) -> None:
        """Return when no batch is under way any more; what is recorded beside it stays pending."""
        if self._under_way is not None or self._lock.locked():
            async with self._lock:
                if self._under_way is not None:
                    await self._write()

    async def _write(self) -> None:
        if self._under_way is None:
            entries = list(self._pending)
            kept = await self._kept([encode_entry(entry) for entry in entries])
            self._pending = self._pending[len(entries) :]
            batch = Batch(self._execution, self.batches + 1, self.epoch, kept)
            self._under_way = (batch, len(entries))
        batch, count = self._under_way
        await self._append(batch)
        self._under_way = None
        self.durable += count

    async def _kept(self, entries: list[Any]) -> list[Any]:
        return await until_written(
            lambda: kept_entries(entries, self._blobs, self._limit),
            "journal not kept",
            self._execution,
        )

    async def open_epoch(self) -> list[Batch]:
        """Append the record of a new owner and return the batches before it: from now on a stale owner's append collides.

        Raises `FencedError` when a newer owner was here already.
        """
        while True:
            batches = await self._journals.read(self._execution)
            if any(batch.epoch > self.epoch for batch in batches):
                raise FencedError(self._execution)
            self.batches = len(batches)
            try:
                await self._put(Batch(self._execution, self.batches + 1, self.epoch, []))
            except ExistsError:
                # The owner before appended meanwhile, which counts; or ours is there and its answer was lost.
                if await self._is_open():
                    return batches
            else:
                return batches

    async def _is_open(self) -> bool:
        batches = await self._journals.read(self._execution)
        self.batches = len(batches)
        return bool(batches) and batches[-1].epoch == self.epoch

    async def _append(self, batch: Batch) -> None:
        try:
            await self._put(batch)
        except ExistsError:
            await self._demand_ours(batch)
            self.batches = batch.number

    async def _put(self, batch: Batch) -> None:
        """Append it, again and again while the store cannot; raises `ExistsError` when its number is taken."""
        await until_written(
            lambda: self._journals.append(batch), "journal not written", self._execution
        )
        self.batches = batch.number

    async def _demand_ours(self, batch: Batch) -> None:
        """Accept a taken number only when the batch there is this very one: its answer was lost."""
        for known in await self._journals.read(self._execution):
            is_at_our_place = (known.number, known.epoch) == (batch.number, batch.epoch)
            if is_at_our_place and orjson.dumps(known.entries) == orjson.dumps(batch.entries):
                return
        raise FencedError(self._execution)
