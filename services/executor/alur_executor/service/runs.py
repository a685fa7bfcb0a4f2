"""Node runs: each attempt from start to the journal entry that says how it ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from alur_engine.journal import Failed, Finished, ItemDone, JournalEntry, Started, Stopped, Waiting
from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_executor.service import attempts
from alur_executor.service.attempts import Attempt
from alur_executor.service.children import Children
from alur_executor.service.context import RunContext
from alur_executor.service.scoping import ItemScopes
from alur_sdk import nodes as sdk
from alur_sdk.errors import AlurError, Permanent, RateLimited, Retryable
from alur_sdk.items import Item, Outputs
from alur_sdk.nodes import Effect, Params

if TYPE_CHECKING:
    from alur_executor.service.session import Session


class NodeRuns:
    """Starts node runs for one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._children = Children(session)

    async def start(self, run: Run, *, is_alone: bool) -> None:
        """Run a node: at once when it is quick and harmless, else beside the session."""
        step = self._session.program.steps[run.node.index]
        assert step is not None  # noqa: S101 triggers never start
        session = self._session
        session.watching.started(run, self._now())
        if step.is_plain and not step.graph.keeps:
            session.take(self._plain(step, run))
        elif step.is_plain and is_alone:
            await session.take_durably(self._plain(step, run))
        elif step.is_plain:
            session.spawn(run, session.take_durably(self._plain(step, run)))
        else:
            await session.claim()
            session.spawn(run, self._slow(step, run))

    def _plain(self, step: Step, run: Run) -> JournalEntry:
        """Return how a run of a synchronous node without effect ended."""
        session = self._session
        now = session.parts.clock.now()
        if step.is_quick and not run.outcomes:
            finished = session.quick.run(step, run, now)
            if finished is not None:
                return finished
        items = run.items_of()
        if step.definition.disabled:
            outputs = {step.graph.type.outputs[0]: _passed(items)}
            return Finished(*run.key, run.attempt + 1, now, now, outputs)
        context = session.context().begin(step, run, now)
        scopes = ItemScopes(session.surroundings, step, run, items, context)
        if step.is_scope:
            return self._opened(step, run, scopes, items)
        if step.is_item:
            attempt = attempts.run_items(step, scopes, context, run.outcomes or {})
        else:
            attempt = self._batch(step, run, scopes, context)
        return self._entry(step, run, attempt, items, now, context.attempt)

    def _batch(self, step: Step, run: Run, scopes: ItemScopes, context: RunContext) -> Attempt:
        context.inputs = inputs_of(run)
        try:
            params = attempts.parameters(step, scopes, 0)
        except AlurError as error:
            return Attempt(failed={0: error})
        return attempts.run_batch_now(step, params, context)

    def _opened(
        self, step: Step, run: Run, scopes: ItemScopes, items: list[Item]
    ) -> Finished | Failed:
        now = self._session.parts.clock.now()
        try:
            size = getattr(attempts.parameters(step, scopes, 0), "size", 0)
        except AlurError as error:
            return Failed(*run.key, run.attempt + 1, now, now, attempts.error_json(error, step))
        port = step.graph.type.scopes[0]
        return Finished(*run.key, run.attempt + 1, now, now, {port: _passed(items)}, None, size)

    def _now(self) -> float:
        return self._session.parts.clock.now()

    async def _slow(self, step: Step, run: Run) -> None:
        """Run a node beside the session: intent first where it writes, its end durable before what follows."""
        session = self._session
        now = run.pinned_at or self._now()
        context = session.context().begin(step, run, now)
        items = run.items_of()
        scopes = ItemScopes(session.surroundings, step, run, items, context)
        if step.definition.disabled:
            outputs = {step.graph.type.outputs[0]: _passed(items)}
            await session.take_durably(Finished(*run.key, context.attempt, now, now, outputs))
            session.changed()
            return
        requests = _Requests(step, scopes, run)
        if step.graph.effect is Effect.WRITE:
            await session.take_durably(Started(*run.key, context.attempt, now, requests.written()))
        attempt = await self._timed(step, run, context, requests, items)
        entry = await self._end_of(step, context, run, attempt, items, now)
        if run.status == "running":
            if step.graph.keeps:
                await session.take_durably(entry)
            else:
                session.take(entry)
        session.changed()

    async def _end_of(
        self,
        step: Step,
        context: RunContext,
        run: Run,
        attempt: Attempt,
        items: list[Item],
        now: float,
    ) -> JournalEntry:
        if isinstance(attempt.result, sdk.Started):
            try:
                return await self._children.start(run, attempt.result, context.attempt, now)
            except AlurError as error:
                attempt = Attempt(failed={0: error})
        return self._entry(step, run, attempt, items, now, context.attempt)

    async def _timed(
        self, step: Step, run: Run, context: RunContext, requests: _Requests, items: list[Item]
    ) -> Attempt:
        try:
            async with asyncio.timeout(step.timeout):
                return await self._attempt(step, run, context, requests, items)
        except TimeoutError:
            error = Retryable(f"it took longer than {step.definition.timeout}", reason="timeout")
            done = dict(run.outcomes or {})
            first = next((i for i in range(len(items)) if i not in done), 0)
            return Attempt(done=done, failed={first: error})

    async def _attempt(
        self, step: Step, run: Run, context: RunContext, requests: _Requests, items: list[Item]
    ) -> Attempt:
        if step.is_item:
            return await attempts.run_items_async(
                step,
                requests.scopes,
                context,
                run.outcomes or {},
                lambda index, outputs: self._item_done(step, run, index, outputs, len(items)),
                requests.parameters,
            )
        context.inputs = inputs_of(run)
        try:
            params = requests.parameters(0)
        except AlurError as error:
            return Attempt(failed={0: error})
        return await attempts.run_batch(step, params, context)

    def _item_done(self, step: Step, run: Run, index: int, outputs: Outputs, count: int) -> None:
        """Keep what one of several items came to, so that it is not sent again."""
        if count > 1:
            self._session.take(ItemDone(*run.key, index, outputs))
            if step.graph.effect is Effect.WRITE:
                self._session.flush_soon()

    def _entry(
        self,
        step: Step,
        run: Run,
        attempt: Attempt,
        items: list[Item],
        started: float,
        number: int,
    ) -> JournalEntry:
        """Return the journal entry for how attempt `number` ended."""
        if attempt.failed:
            return self._failed(step, run, attempt, items, started, number)
        ended = self._now()
        result = attempt.result
        if isinstance(result, sdk.Wait):
            wait = {"until": result.until, "signal": result.signal}
            kept = {name: value for name, value in wait.items() if value is not None}
            return Waiting(*run.key, number, started, kept)
        if isinstance(result, sdk.Stop):
            if result.ok:
                return Stopped(*run.key, ended)
            error = attempts.error_json(Permanent(result.message, reason="stopped"), step)
            return Failed(*run.key, number, started, ended, error)
        if isinstance(result, sdk.Replied):
            outputs, reply = attempts.replied_outputs(result)
            return Finished(*run.key, number, started, ended, outputs, reply=reply)
        outputs = attempts.outputs_of(attempt, step, items) if result is None else result
        return Finished(*run.key, number, started, ended, outputs)

    def _failed(
        self,
        step: Step,
        run: Run,
        attempt: Attempt,
        items: list[Item],
        started: float,
        number: int,
    ) -> JournalEntry:
        """Return a retry, an end with error items, or a failure, as type of error and policy say."""
        index, error = next(iter(sorted(attempt.failed.items())))
        shown: dict[str, Any] = attempts.error_json(error, step)
        if len(items) > 1:
            shown["item"] = index
        now = self._now()
        if any(e.retryable for e in attempt.failed.values()) and number < step.retry.attempts:
            self._session.parts.meter.retried(step.graph.type.type)
            run.outcomes = dict(attempt.done)
            wait = error.after_seconds if isinstance(error, RateLimited) else 0.0
            delay = step.retry.delay_after(number, self._session.parts.random(), wait)
            return Failed(*run.key, number, started, now, shown, now + delay)
        if step.definition.on_error == "stop":
            return Failed(*run.key, number, started, now, shown)
        outputs = attempts.outputs_of(attempt, step, items)
        return Finished(*run.key, number, started, now, outputs, shown)


class _Requests:
    """The evaluated parameters of each item of a node run: made once, and the same after a crash."""

    def __init__(self, step: Step, scopes: ItemScopes, run: Run) -> None:
        self.scopes = scopes
        self._step = step
        self._run = run
        self._made: dict[int, Params] = {}
        self._broken: dict[int, AlurError] = {}

    def written(self) -> dict[str, Any]:
        """Return `{item: parameters as JSON}` of all items that can be read, for the intent."""
        count = len(self.scopes.items) if self._step.is_item else 1
        for index in range(count):
            try:
                self._made[index] = attempts.parameters(self._step, self.scopes, index)
            except AlurError as error:
                self._broken[index] = error
        return {str(i): _as_json(params) for i, params in self._made.items()}

    def parameters(self, index: int) -> Params:
        """Return the parameters for an item: those of the intent where there is one."""
        intent = self._run.intent
        if index in self._broken:
            raise self._broken[index]
        if isinstance(intent, dict) and str(index) in intent and index not in self._made:
            return type(self._step.node).params_type().model_validate(intent[str(index)])
        made = self._made.get(index)
        return made if made is not None else attempts.parameters(self._step, self.scopes, index)


def _as_json(params: Params) -> dict[str, Any]:
    return params.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _passed(items: list[Item]) -> list[Item]:
    return [Item(item.json, item.binary, index) for index, item in enumerate(items)]


def inputs_of(run: Run) -> dict[str, list[Item]]:
    """Return the items of each input port that an edge enters; `main` is always there."""
    ports = dict.fromkeys(edge.input for edge, _ in run.inputs)
    return {"main": [], **{port: run.items_of(port) for port in ports}}
