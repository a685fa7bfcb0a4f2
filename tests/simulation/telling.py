"""What happens in a run, line by line, for whoever looks into a seed."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Collection, Document
from alur_common.events import Event
from alur_sdk.nodes import HttpRequest
from tests.simulation.bus import SimulatedBus
from tests.simulation.outside import Outside
from tests.simulation.process import Fate, Process
from tests.simulation.store import WatchedDocuments

Say = Callable[[str], None]
SHOWN = ("status", "owner", "epoch", "revision", "wake_at")


@contextmanager
def told() -> Iterator[list[str]]:
    """Yield the lines, as they come: `when what`, in virtual seconds. Runs that are not told cost nothing for this."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(f"{asyncio.get_running_loop().time():9.3f}  {line}")

    with ExitStack() as stack:
        for owner, name, wrap in (
            (MemoryDocuments, "insert", _insert),
            (WatchedDocuments, "replace", _replace),
            (Outside, "answer", _answer),
            (SimulatedBus, "take", _take),
            (Process, "die", _die),
            (Fate, "step", _step),
        ):
            stack.enter_context(patch.object(owner, name, wrap(say, getattr(owner, name))))
        yield lines


def _reported(say: Say, what: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Return the call, which says what it did or why it could not."""

    async def reported(*given: Any, **named: Any) -> object:
        try:
            done = await call(*given, **named)
        except Exception as error:
            say(f"{what}: {type(error).__name__}: {error}")
            raise
        say(what)
        return done

    return reported


def _insert(say: Say, real: Callable[..., Awaitable[Document]]) -> Callable[..., Any]:
    async def insert(self: MemoryDocuments, collection: Collection, document: Document) -> object:
        entries = [entry[:3] for entry in document.get("entries") or ()]
        shown = {name: document[name] for name in SHOWN if name in document}
        what = f"insert {collection.name} {document['id']} {shown} {entries or ''}"
        return await _reported(say, what, real)(self, collection, document)

    return insert


def _replace(say: Say, real: Callable[..., Awaitable[Document]]) -> Callable[..., Any]:
    async def replace(
        self: MemoryDocuments, collection: Collection, document: Document, **named: Any
    ) -> object:
        if collection.name == "workers":
            return await real(self, collection, document, **named)
        shown = {name: document[name] for name in SHOWN if name in document}
        what = f"replace {collection.name} {document['id']} {named.get('at_revision', '')} {shown}"
        return await _reported(say, what, real)(self, collection, document, **named)

    return replace


def _answer(say: Say, real: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    async def answer(self: Outside, request: HttpRequest) -> object:
        body = (request.body or b"").decode()
        what = f"outside {request.headers.get('place', 'read')} {body}"
        return await _reported(say, what, real)(self, request)

    return answer


def _take(say: Say, real: Callable[..., Awaitable[None]]) -> Callable[..., Any]:
    async def take(self: SimulatedBus, event: Event) -> None:
        say(f"event {type(event).__name__} {event.key}")
        await real(self, event)

    return take


def _die(say: Say, real: Callable[[Process], None]) -> Callable[[Process], None]:
    @functools.wraps(real)
    def die(self: Process) -> None:
        if not self.is_dead:
            say(f"{self.name} dies")
        real(self)

    return die


def _step(say: Say, real: Callable[[Fate, Process], None]) -> Callable[[Fate, Process], None]:
    @functools.wraps(real)
    def step(self: Fate, process: Process) -> None:
        before = (process.still_until, process.skew)
        try:
            real(self, process)
        finally:
            if before[0] != process.still_until:
                say(f"{process.name} stands still until {process.still_until:.3f}")
            if before[1] != process.skew:
                say(f"the clock of {process.name} is wrong by {process.skew:.3f} s")

    return step
