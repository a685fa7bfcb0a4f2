"""Loaded by Python before all else in a process whose PYTHONPATH leads here: it kills itself where a test says.

The file of `ALUR_CRASH` holds an order, `{"id", "role", "step", "side"}`. A process of that role names the steps it takes
from then on, such as `insert executions 1`: each write to the store, record sent or committed, event handled, call to
another service and call to the outside. Without a `step` in the order they are written into `<file>.seen`, a line each.
With one, the process renames the order to `<file>.hit` before or after that step, as `side` says, and dies as by `kill -9`,
or gets another `signal` that the order names.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROLES = ("gateway", "scheduler", "executor")
QUIET = frozenset(
    {"workers", "schedulers", "partitions", "outboxes", "tokens", "sessions", "links"}
)
"""Collections that are written whether or not anything runs."""
Name = Callable[..., str | None]


def _document(verb: str, _store: object, collection: Any, *_: object) -> str | None:  # noqa: ANN401  # a Collection
    return None if collection.name in QUIET else f"{verb} {collection.name}"


def _call(_channel: object, port: str, name: str, *_: object) -> str | None:
    return None if name == "authenticate" else f"call {port}.{name}"


STORE = "alur_common.documents.mongo.store"
STEPS: list[tuple[str, str, str, Name]] = [
    (STORE, "MongoDocuments", "insert", functools.partial(_document, "insert")),
    (STORE, "MongoDocuments", "replace", functools.partial(_document, "replace")),
    (STORE, "MongoDocuments", "delete", functools.partial(_document, "delete")),
    ("alur_common.kafka.sending", "Sender", "send", lambda _, topic, *__: f"send {topic}"),
    ("alur_common.kafka.handling", "Handling", "_try", lambda _, s, *__: f"handle {s.event.topic}"),
    ("aiokafka", "AIOKafkaConsumer", "commit", lambda *_: "commit offsets"),
    ("alur_common.calls.client", "Channel", "call", _call),
]
EFFECT = ("alur_executor.adapters.http_client", "HttpClient", "send", lambda *_: "effect")


class Fate:
    """Names the steps of this process for the order of the moment."""

    def __init__(self, role: str, order: Path) -> None:
        self._role = role
        self._order = order
        self._id = ""
        self._counts: Counter[str] = Counter()

    def begin(self, name: str) -> str:
        """Return the name of a step, empty when nobody asks."""
        order = self._read()
        if order is None:
            return ""
        if order["id"] != self._id:
            self._id = order["id"]
            self._counts.clear()
        self._counts[name] += 1
        step = f"{name} {self._counts[name]}"
        if not order["step"]:
            with self._order.with_suffix(".seen").open("a") as seen:
                seen.write(f"{step}\n")
        return step

    def meet(self, step: str, side: str) -> None:
        """Die when the order says so."""
        order = self._read()
        if order is None or (order["id"], order["step"], order["side"]) != (self._id, step, side):
            return
        try:
            self._order.rename(self._order.with_suffix(".hit"))  # one process alone
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.Signals[order.get("signal", "SIGKILL")])

    def _read(self) -> dict[str, Any] | None:
        try:
            order: dict[str, Any] = json.loads(self._order.read_bytes())
        except FileNotFoundError:
            return None
        return order if order["role"] == self._role else None


def watch(fate: Fate, module: str, kind: str, method: str, name: Name) -> None:
    """Make each call of a method a step."""
    owner = getattr(importlib.import_module(module), kind)
    original = getattr(owner, method)

    @functools.wraps(original)
    async def taken(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # as the original
        place = name(*given)
        step = fate.begin(place) if place else ""
        if not step:
            return await original(*given, **named)
        fate.meet(step, "before")
        result = await original(*given, **named)
        fate.meet(step, "after")
        return result

    setattr(owner, method, taken)


_role = next((word for word in sys.orig_argv if word in ROLES), None)
if _role is not None:
    _fate = Fate(_role, Path(os.environ["ALUR_CRASH"]))
    for _step in STEPS:
        watch(_fate, *_step)
    if _role == "executor":
        watch(_fate, *EFFECT)
