"""Node runs: each attempt from start to the journal entry that says how it ended."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from alur_engine.graph import ROOT
from alur_engine.journal import Failed, Finished, ItemDone, JournalEntry, Stopped, Waiting
from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_executor.domain.results import result_of
from alur_executor.service import attempts
from alur_executor.service.attempts import Attempt
from alur_executor.service.children import Children
from alur_executor.service.foreseeing import foresee
from alur_executor.service.noting import note_failures
from alur_executor.service.pooling import has_come_back, new_task, offer, withdraw
from alur_executor.service.requests import Requests, is_asked
from alur_executor.service.scoping import ItemScopes
from alur_executor.service.tries import Try
from alur_sdk import nodes as sdk
from alur_sdk.errors import AlurError, Permanent, RateLimited
from alur_sdk.items import Item, Outputs
from alur_sdk.nodes import Effect

if TYPE_CHECKING:
    from alur_executor.service.session import Session


STARTER = "core.workflow"
"""The type whose nodes start executions."""


class NodeRuns:
    """Starts node runs for one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._children = Children(session)
        self._under_way: dict[tuple[str, str], Try] = {}

    def unseen(self) -> list[Try]:
        """Return what runs and does not stand in the journal yet."""
        running = (one for one in self._under_way.values() if one.run.status == "running")
        return [one for one in running if not one.is_seen]

    async def expire(self, run: Run) -> None:
        """Let a node run that waits fail by its node's time-out."""
        task = run.task
        if task is not None and await has_come_back(self._session, run, task):
            return
        step = self._session.program.steps[run.node.index]
        assert step is not None  # noqa: S101 triggers never wait
        under_way = self._begin(step, run, run.started_at or self._now())
        under_way.number = run.attempt
        self._session.take(self._entry(under_way, under_way.late()))
        self._session.keep()

    async def cut_off(self, run: Run) -> None:
        """Stop a node run that does not count any more, and the executions that it waits for."""
        task = self._session.tasks.get(run.key)
        if task is not None and run.key in self._children.beginning:
            await asyncio.wait((task,))  # what it has started has to be known
        elif task is not None:
            task.cancel()
        await withdraw(self._session, run)
        ids = (run.wait or {}).get("children") or await self._begun_by(run)
        if ids:
            await self._children.stop(ids)

    async def _begun_by(self, run: Run) -> list[str]:
        """Return the executions that a node run was about to wait for, as follows from its intent."""
        step = self._session.program.steps[run.node.index]
        if step is None or step.definition.type != STARTER or "0" not in (run.intent or ()):
            return []
        under_way = self._begin(step, run, run.pinned_at or self._now())
        under_way.context.inputs = inputs_of(step, run)
        params = Requests(step, under_way.scopes, run).parameters(0)
        result = attempts.run_batch_now(step, params, under_way.context).result
        if not isinstance(result, sdk.Started) or not result.wait:
            return []
        return await self._children.known(run, result)

    async def start(self, run: Run, *, is_alone: bool) -> None:
        """Run a node: at once when it is plain, else beside the session."""
        session = self._session
        step = session.program.steps[run.node.index]
        assert step is not None  # noqa: S101 triggers never start
        session.watching.started(run, self._now())
        entry = self._at_once(step, run) if step.is_plain else None
        if entry is None:
            if not step.is_plain:
                await session.claim()
            if run.status == "running":  # nothing has stopped it meanwhile
                work = self.perform if step.pool is None else self._hand_over
                session.spawn(run, work(step, run))
        elif not step.graph.keeps:
            session.take(entry)
        elif is_alone:
            await session.take_durably(entry)
        else:
            session.spawn(run, session.take_durably(entry))

    def _now(self) -> float:
        return self._session.parts.clock.now()

    def _begin(self, step: Step, run: Run, now: float) -> Try:
        session = self._session
        items = _given(step, run.items_of())
        session.logs.drop(run.key)
        context = session.context().begin(step, run, now)
        scopes = ItemScopes(session.surroundings, step, run, items, context)
        return Try(step, run, items, context, scopes, now, context.attempt)

    def _at_once(self, step: Step, run: Run) -> JournalEntry | None:
        """Return how a run of a synchronous node without effect ended, or None for items that fail or take long.

        Those have their turn beside the session, where they can be cancelled and others go on.
        """
        begun = time.perf_counter()
        entry = self._plain(step, run)
        if entry is not None:
            self._session.ran(step, run, entry, begun)
        return entry

    def _plain(self, step: Step, run: Run) -> JournalEntry | None:
        now = self._now()
        if step.is_item and not step.definition.disabled:
            is_new = step.is_quick and not run.outcomes
            return self._session.quick.run(step, run, now) if is_new else None
        attempt_ = self._begin(step, run, now)
        if step.definition.disabled:
            return self._passed(attempt_)
        if step.is_scope:
            return self._opened(attempt_)
        attempt = self._batch(attempt_)
        return None if attempt is None else self._entry(attempt_, attempt)

    def _passed(self, under_way: Try) -> Finished:
        """Return the end of a disabled node: its items pass unchanged, those of all its inputs."""
        port, items = under_way.step.first_port, under_way.run.all_items()
        return under_way.finished({port: _passed(items)}, under_way.started)

    def _batch(self, under_way: Try) -> Attempt | None:
        under_way.context.inputs = inputs_of(under_way.step, under_way.run)
        if attempts.takes_long(under_way.step, under_way.context):
            return None
        try:
            params = attempts.parameters(under_way.step, under_way.scopes, 0)
        except AlurError as error:
            return Attempt(failed={0: error})
        return attempts.run_batch_now(under_way.step, params, under_way.context)

    def _opened(self, under_way: Try) -> Finished | Failed:
        """Return the end of a node that opens scopes: its items go into the first."""
        now = under_way.started
        try:
            params = attempts.parameters(under_way.step, under_way.scopes, 0)
        except AlurError as error:
            return under_way.failed(attempts.error_json(error, under_way.step), now)
        port = under_way.step.graph.type.scopes[0]
        finished = under_way.finished({port: _passed(under_way.items)}, now)
        return finished._replace(size=getattr(params, "size", 0))

    async def _hand_over(self, step: Step, run: Run) -> None:
        """Let an executor of its pool run a node: what it asks for and that it waits are durable before it is offered."""
        session = self._session
        under_way = self._begin(step, run, run.pinned_at or self._now())
        await self._foresee(under_way)
        requests = Requests(step, under_way.scopes, run)
        session.take(under_way.started_entry(requests.written()))
        wait = {"pool": step.pool, "task": new_task(session, run)}
        limited = under_way.limited(wait, self._now())
        waiting = Waiting(*run.key, under_way.number, under_way.started, limited)
        await session.take_durably(waiting)
        if run.status == "waiting":  # nothing has stopped it meanwhile
            await offer(session, run)
        session.changed()

    async def perform(self, step: Step, run: Run) -> None:
        """Run a node beside the session, within a span of its own where the session is recorded."""
        session, trace = self._session, self._session.trace
        begun = time.perf_counter()
        if trace is None:
            entry = await self._through(step, run)
        else:
            with trace.attempt(step, run) as span:
                entry = await self._through(step, run)
                trace.ended(span, entry)
        seconds = time.perf_counter() - begun
        session.parts.meter.ran(step.graph.type.type, result_of(entry), seconds)

    async def _through(self, step: Step, run: Run) -> JournalEntry:
        """Bring an attempt to its end and return it: intent first where it writes, its end durable before what follows."""
        session = self._session
        under_way = self._begin(step, run, run.pinned_at or self._now())
        if step.definition.disabled:
            passed = self._passed(under_way)
            session.take(passed)
            session.changed()
            return passed
        await self._foresee(under_way)
        requests = Requests(step, under_way.scopes, run)
        if step.graph.effect is Effect.WRITE:
            await session.take_durably(under_way.started_entry(requests.written()))
        self._under_way[run.key] = under_way
        try:
            attempt = await self._timed(under_way, requests)
            entry = await self._end_of(under_way, attempt)
        finally:
            del self._under_way[run.key]
        if run.status == "running":
            if step.graph.keeps:
                await session.take_durably(entry)
            else:
                session.take(entry)
        session.changed()
        return entry

    async def _foresee(self, under_way: Try) -> None:
        """Evaluate all that the compiler leaves to the jail, for all items at once."""
        step, scopes = under_way.step, under_way.scopes
        if (
            step.binding is None
            or not step.binding.jailed
            or is_asked(step, under_way.run, scopes.items)
        ):
            return
        count = len(scopes.items) if step.is_item else 1
        tenant, jail = self._session.execution.tenant, self._session.parts.jail
        with under_way.context.seeing(scopes.at):
            answers = under_way.context.answers()
            scopes.scope.foreseen = await foresee(
                jail, tenant, step.binding.jailed, scopes.items, answers, count=count
            )

    async def _end_of(self, under_way: Try, attempt: Attempt) -> JournalEntry:
        if isinstance(attempt.result, sdk.Started):
            try:
                started = await self._children.start(
                    under_way.run, attempt.result, under_way.number, under_way.started
                )
            except AlurError as error:
                attempt = Attempt(failed={0: error})
            else:
                if isinstance(started, Waiting):
                    return started._replace(wait=under_way.limited(started.wait, self._now()))
                return started
        return self._entry(under_way, attempt)

    async def _timed(self, under_way: Try, requests: Requests) -> Attempt:
        try:
            async with asyncio.timeout(under_way.step.timeout):
                with under_way.context.seeing(under_way.scopes.at):
                    return await self._attempt(under_way, requests)
        except TimeoutError:
            return under_way.late()

    async def _attempt(self, under_way: Try, requests: Requests) -> Attempt:
        step, run, context = under_way.step, under_way.run, under_way.context
        if step.is_item and not step.is_async and step.graph.effect is not Effect.WRITE:
            asked = requests.parameters
            return await attempts.run_items(
                step, under_way.scopes, context, under_way.begun(), asked
            )
        if step.is_item:
            heard = attempts.Heard(
                requests.parameters, lambda at, outputs: self._item_done(under_way, at, outputs)
            )
            return await attempts.run_items_async(
                step, under_way.scopes, context, under_way.begun(), heard
            )
        context.inputs = inputs_of(step, run)
        try:
            params = requests.parameters(0)
        except AlurError as error:
            return Attempt(failed={0: error})
        return await attempts.run_batch(step, params, context, self._session.parts.batches)

    def _item_done(self, under_way: Try, index: int, outputs: Outputs) -> None:
        """Keep what one of several items came to, so that it is not sent again."""
        if len(under_way.items) > 1:
            self._session.take(ItemDone(*under_way.run.key, index, outputs))
            if under_way.step.graph.effect is Effect.WRITE:
                self._session.flush_soon()

    def _entry(self, under_way: Try, attempt: Attempt) -> JournalEntry:
        """Return the journal entry for how an attempt ended."""
        if attempt.failed:
            return self._failed(under_way, attempt)
        step, ended = under_way.step, self._now()
        result = attempt.result
        if isinstance(result, sdk.Wait):
            wait = {"until": result.until, "signal": result.signal}
            kept = {name: value for name, value in wait.items() if value is not None}
            limited = under_way.limited(kept, ended)
            return Waiting(*under_way.run.key, under_way.number, under_way.started, limited)
        if isinstance(result, sdk.Stop) and result.ok:
            return Stopped(*under_way.run.key, ended, under_way.started)
        if isinstance(result, sdk.Stop):
            error = Permanent(result.message, code="stopped")
            return under_way.failed(attempts.error_json(error, step), ended)
        if isinstance(result, sdk.Replied):
            outputs, reply = attempts.replied_outputs(result)
            return under_way.finished(outputs, ended)._replace(reply=reply)
        items = under_way.items
        outputs = result if isinstance(result, dict) else attempts.outputs_of(attempt, step, items)
        return under_way.finished(outputs, ended)

    def _failed(self, under_way: Try, attempt: Attempt) -> JournalEntry:
        """Return a retry, an end with error items, or a failure, as type of error and policy say."""
        step, number, session = under_way.step, under_way.number, self._session
        note_failures(
            session.parts.security,
            session.execution,
            under_way.run.node.name,
            attempt.failed.values(),
        )
        policy = step.definition.on_error
        lasting = {at: error for at, error in attempt.failed.items() if not error.retryable}
        is_lost = bool(lasting) and (policy == "stop" or len(lasting) == len(attempt.failed))
        if number < step.retry.attempts and not is_lost:
            return self._again(under_way, attempt, lasting)
        now = self._now()
        if policy == "stop":
            return under_way.failed(under_way.shown(lasting or attempt.failed), now)
        outputs = attempts.outputs_of(attempt, step, under_way.items)
        shown = under_way.shown(attempt.failed)
        return under_way.finished(outputs, now)._replace(error=shown)

    def _again(self, under_way: Try, attempt: Attempt, lasting: Mapping[int, AlurError]) -> Failed:
        """Return that it is tried again, without the items that have come to something or have failed for good."""
        session, step, number = self._session, under_way.step, under_way.number
        session.parts.meter.retried(step.graph.type.type)
        under_way.run.outcomes = dict(attempt.done)
        for index, error in sorted(lasting.items()):
            session.take(under_way.item_failed(index, error))
        passing = {at: error for at, error in attempt.failed.items() if at not in lasting}
        asked = (
            error.after_seconds for error in passing.values() if isinstance(error, RateLimited)
        )
        now, random = self._now(), session.parts.random()
        delay = step.retry.delay_after(number, random, max(asked, default=0.0))
        return under_way.failed(under_way.shown(passing), now, now + delay)


def _given(step: Step, items: list[Item]) -> list[Item]:
    """Return the items as a node gets them."""
    return copy.deepcopy(items) if step.is_foreign else items


def _passed(items: list[Item]) -> list[Item]:
    return [Item(item.json, item.binary, index) for index, item in enumerate(items)]


def inputs_of(step: Step, run: Run) -> dict[str, list[Item]]:
    """Return the items of each input port that an edge enters; where the execution begins, of the port it enters by."""
    first = run.inputs[0][0]
    edges = (first,) if first.index == ROOT else step.graph.incoming
    return {
        port: _given(step, run.items_of(port)) for port in dict.fromkeys(e.input for e in edges)
    }
