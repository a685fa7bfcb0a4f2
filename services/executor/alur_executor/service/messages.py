"""Messages from outside for an execution in memory: cancel, signal, resolve, ends of children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alur_common.executions import Message
from alur_engine.journal import Cancelled, Finished, Resolved
from alur_engine.state import Run
from alur_executor.service.children import look_at_children
from alur_executor.service.pooling import forget, look_at_task
from alur_sdk.items import Item, Json, Outputs

if TYPE_CHECKING:
    from alur_executor.service.session import Session


class Messages:
    """Reads the inbox of one session; a message is removed once what it caused is durable."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def take_all(self) -> bool:
        """Take every message, and look after children that are waited for; return whether anything came of it."""
        session = self._session
        before = session.writer.recorded
        messages = await session.parts.inbox.read(session.execution.id)
        taken = [message for message in messages if self._take(message)]
        signals = [message for message in messages if message.kind == "signal"]
        taken += [found for each in signals if (found := await self._signal(each)) is not None]
        # Before the look: a child that ends between the two has its message read once more.
        taken += [m for m in messages if m.kind == "child" and await self._has_ended(m.key)]
        done = [message for message in messages if message.kind == "task"]
        for run in list(session.state.open.values()):
            if run.wait is not None and run.status == "waiting":
                await self._look(run, run.wait)
        if taken or done:
            await session.claim()
            # What a message caused is durable before it goes; one that caused nothing goes by an owner's hand alone.
            if session.writer.recorded > before:
                await session.writer.flush()
            else:
                await session.writer.prove()
            for message in done:
                await forget(session, message.key)
            for message in taken + done:
                await session.parts.inbox.remove(message)
        return session.writer.recorded > before

    async def _look(self, run: Run, wait: dict[str, Any]) -> None:
        if "task" in wait:
            await look_at_task(self._session, run, wait["task"])
            wait = run.wait or {}  # what came back may be that it waits for executions
        if "children" in wait:
            await look_at_children(self._session, run, wait["children"])

    def _take(self, message: Message) -> bool:
        """Apply a message; return False for one that has to lie until its node run waits."""
        if message.kind == "cancel":
            now = self._session.parts.clock.now()
            self._session.take(Cancelled(str(message.payload.get("reason") or "cancelled"), now))
            return True
        if message.kind == "resolve":
            return self._resolve(message.payload)
        return False

    async def _has_ended(self, child_id: str) -> bool:
        child = await self._session.parts.executions.find(child_id)
        return child is None or child.has_ended

    async def _signal(self, message: Message) -> Message | None:
        """Let the node run that waits for a signal go on; return what is to be removed, or None: it lies on.

        Which node run takes it is durable before: when we die before it is removed, no other wait takes it once more.
        """
        session = self._session
        if message.taken is not None:
            run = session.state.find_run(*message.taken)
            if run is None or run.key != message.taken or run.status == "succeeded":
                return message  # it had its effect
            if _waits_for(run, message.key):
                self._go_on(run, message)
                return message
        open_runs = list(session.state.open.values())
        waiting = next((run for run in open_runs if _waits_for(run, message.key)), None)
        if waiting is None:
            return None
        await session.claim()
        await session.writer.flush()  # that it waits is known to whoever reads the mark
        marked = await session.parts.inbox.mark(message, waiting.key)
        if not _waits_for(waiting, message.key):
            return None  # its time came meanwhile
        self._go_on(waiting, message)
        return marked or message  # what was replaced meanwhile is nowhere but here

    def _go_on(self, run: Run, message: Message) -> None:
        self._finish(run, {"main": _items(message.payload or None, run)})

    def _resolve(self, payload: dict[str, Any]) -> bool:
        run = self._session.state.find_run(str(payload.get("node")), str(payload.get("path") or ""))
        if run is not None and run.status == "in-doubt":
            item, output = payload.get("item"), payload.get("output")
            items = run.undecided() if item is None else [item]
            outputs: Outputs = {"main": _came_of(items, output, run)}
            now = self._session.parts.clock.now()
            self._session.take(Resolved(*run.key, now, payload["outcome"], outputs, item))
        return True

    def wake(self, run: Run) -> None:
        """End a wait whose time has come: its items go on."""
        items = [Item(i.json, i.binary, at) for at, i in enumerate(run.items_of())]
        self._finish(run, {"main": items})

    def _finish(self, run: Run, outputs: Outputs) -> None:
        now = self._session.parts.clock.now()
        entry = Finished(*run.key, run.attempt, run.started_at or now, now, outputs)
        self._session.take(entry)
        if run.node.keeps:
            self._session.keep()


def _waits_for(run: Run, signal: str) -> bool:
    return run.status == "waiting" and (run.wait or {}).get("signal") == signal


def _came_of(items: list[int], output: Json, run: Run) -> list[Item]:
    """Return what a person says that these items of the input came to: themselves, for nothing said."""
    if output is None:
        return [item for item in _items(None, run) if item.source in items]
    return _items(output, run, items[0])


def _items(data: Json, run: Run, source: int = 0) -> list[Item]:
    """Return what came with a message as items: an object, a list of them, or the node's own input for nothing."""
    if data is None:
        return [Item(item.json, item.binary, at) for at, item in enumerate(run.items_of())]
    values = data if isinstance(data, list) else [data]
    return [Item(v if isinstance(v, dict) else {"value": v}, None, source) for v in values]
