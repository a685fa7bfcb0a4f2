"""Runs JavaScript by QuickJS: code as the body of an async function, and expressions."""

from __future__ import annotations

import _socket
import gc
import json
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any, Final

import _quickjs  # type: ignore[import-not-found]  # the wheel brings no types

from alur_jail.guest import wire
from alur_jail.guest.asking import AskError, ask
from alur_jail.guest.light import import_lightly

FIRST_LINE: Final = 10_000
"""Where code of a user begins, so that its lines are told from those of the prelude."""
_STACK_BYTES: Final = 4 * 1024 * 1024
_KEPT_TEXT: Final = 2_000
_BRIDGED: Final = ("bridge", "expressions")


class Guest:
    """One context, made and filled in the warm parent; a fork of it is used once."""

    def __init__(self, extension: str = "", **callables: Callable[[str], str]) -> None:
        self._answer: str | None = None
        self._link: _socket.socket | None = None
        self._spent_at = 0
        context = self._context = _quickjs.Context()
        context.set_max_stack_size(_STACK_BYTES)
        context.add_callable("__ask", self._ask)
        context.add_callable("__log", self._log)
        context.add_callable("__done", self._done)
        context.add_callable("__random", random.random)
        context.add_callable("__spent", self._has_spent)
        for name, callable_ in callables.items():
            context.add_callable(name, callable_)
        within = _script("shims") + extension
        self._start = context.eval(_script("prelude").replace("  // EXTENSION\n", within))

    def run(self, link: _socket.socket, limits: dict[str, Any], body: str) -> str:
        """Return the answer to a request, as the text of a frame."""
        gc.disable()  # it would copy what is shared with the parent, for a process that soon ends
        self._link = link
        self._context.set_memory_limit(limits["memory"])
        self._spent_at = resident() + limits["memory"] // 2
        try:
            self._start(body, "\n" * (FIRST_LINE - 1))
            while self._answer is None and self._context.execute_pending_job():
                pass
        except _quickjs.JSException as error:
            # What follows the first line is where in our own scripts it happened.
            message = str(error).partition("\n")[0][:_KEPT_TEXT]
            if message == "null" and self._has_spent():
                message = "out of memory"
            return json.dumps({"error": {"type": "InternalError", "message": message}})
        return self._answer or json.dumps(
            {
                "error": {
                    "type": "Error",
                    "message": "the code waits for a promise that nothing settles; its memory may have run out",
                }
            }
        )

    def _done(self, text: str) -> None:
        if self._answer is None:
            self._answer = text

    def _log(self, text: str) -> None:
        assert self._link is not None  # noqa: S101  set before anything runs
        for line in text.split("\n"):
            wire.send(self._link, {"log": line[:_KEPT_TEXT]})

    def _has_spent(self) -> bool:
        """Whether the code has held much of the memory that it may have."""
        return resident() > self._spent_at

    def _ask(self, text: str) -> str:
        assert self._link is not None  # noqa: S101  set before anything runs
        try:
            wanted = json.loads(text)
            return json.dumps({"value": ask(self._link, wanted.pop("ask"), **wanted)})
        except AskError as error:
            return json.dumps({"error": str(error)})


def resident() -> int:
    """Return the most bytes of memory that this process has had at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def runner(arguments: list[str]) -> Callable[[_socket.socket, dict[str, Any], str], None]:
    """Return what runs one request of code or of expressions.

    Code sends `{result}` or `{error: {type, message, line?, item?}}`, expressions a list of outcomes.
    `arguments` may be the module that answers for `DateTime`, `Intl` and helpers by its `Bridge`, and
    their names as its `names` gives them; without them there are none, and no expressions.
    """
    guest = bridged(*arguments) if arguments else Guest()
    return lambda link, limits, body: wire.send_text(link, guest.run(link, limits, body))


def warm_up(arguments: list[str]) -> None:
    """Load the engine of expressions, that no runner need do so; the first can do without for most code."""
    for name in arguments[:1]:
        import_lightly(name)


def bridged(module_name: str, names: str) -> Guest:
    """Return a context that asks the engine of expressions, which lies beside, for what it lacks."""
    when: list[tuple[float, str]] = []
    bridges: list[Any] = []

    def engine(text: str) -> str:
        if not bridges:  # the first who asks makes it
            bridges.append(import_lightly(module_name).Bridge(*when[0]))
        answer: str = bridges[0].answer(text)
        return answer

    def begin(text: str) -> str:
        time_zone, now_ms = json.loads(text)
        if time_zone != "UTC":
            os.environ["TZ"] = time_zone
            time.tzset()
        when.append((now_ms, time_zone))
        return ""

    extension = f"  const engineNames = {names};\n" + "".join(map(_script, _BRIDGED))
    return Guest(extension, __engine=engine, __begin=begin)


def _script(name: str) -> str:
    folder = __file__.rpartition("/")[0]
    with open(f"{folder}/{name}.js", encoding="utf-8") as file:  # noqa: PTH123  pathlib is half a megabyte
        return file.read()
