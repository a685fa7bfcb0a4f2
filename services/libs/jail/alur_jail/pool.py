"""Running code in the jail: a clean runner for each request, watched from outside and killed in time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import orjson
import structlog

from alur_jail import warm
from alur_jail.failures import failure
from alur_jail.room import JAVASCRIPT, JailSettings, NoJailError, find_bubblewrap
from alur_jail.runner import Runner
from alur_jail.warm import GoneError, Warm
from alur_sdk.errors import (
    AlurError,
    ByteLimitError,
    LimitError,
    MemoryLimitError,
    TimeLimitError,
)
from alur_sdk.items import Json
from alur_sdk.lengths import is_longer

_MIB: Final = 1024 * 1024
_SLACK: Final = 32 * _MIB
"""What a runner may hold beside the memory it was given: the interpreter's own."""
_GUESTS: Final = {"expressions": JAVASCRIPT}
_LINES_AT_ONCE: Final = 50
"""Of one runner, before others have their turn, however short they are."""
_MOST_LINES, _LONGEST_LINE = 1_000, 2_000
_MOST_ASKS, _MOST_ANSWERED = 100_000, 128 * _MIB
WARY_SECONDS = 60.0
"""So long after code of a tenant was stopped that computed without an end or took memory, all its code gives way from its start."""
_AT_MOST: Final = ", for code may have no more here than that"
_log = structlog.get_logger("alur.jail")


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may use: seconds by the clock, bytes of memory, and values (numbers, texts, lists ...) that it may give back.

    Values are counted because a few bytes of JSON become a hundred of memory, and reading them takes the reader's time.
    """

    seconds: float
    memory: int
    values: int = 1_000_000
    why: str = ""
    """Said behind a limit that was reached."""

    @property
    def too_much_memory(self) -> str:
        """What is said of code that used more."""
        return f"it used more memory than its limit of {self.memory // _MIB} MiB{self.why}"


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears a runner: `ask(what, details)` answers its questions, `log` takes its lines."""

    ask: Callable[[str, Mapping[str, Any]], Json]
    log: Callable[[str], None]


class JailMeter(Protocol):
    """Where the jail counts."""

    def ran(self, language: str, result: str, took: float) -> None:
        """A run ended, so many seconds after it began."""

    def killed(self, reason: str) -> None:
        """A runner was stopped or died: `time`, `memory`, `group`, `output`, `values` or `crash`."""


class _ThrownError(Exception):
    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told


class Jail:
    """All runners of this process. A tenant never has more than half of them at once."""

    def __init__(self, settings: JailSettings, meter: JailMeter) -> None:
        self.settings = settings
        self._meter = meter
        self._parents: dict[str, Warm] = {}
        self._starting: dict[str, asyncio.Lock] = {}
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._tenants: dict[str, tuple[asyncio.Semaphore, int]] = {}
        self._stopped: dict[str, float] = {}

    def why_not(self) -> str:
        """Return why there is no jail here, as far as that can be told at once; empty: there is one."""
        try:
            find_bubblewrap(self.settings)
        except NoJailError as error:
            return error.message
        return ""

    async def run(
        self, tenant: str, language: str, request: Mapping[str, Any], limits: RunLimits, ears: Ears
    ) -> Json:
        """Run one request in a runner of its own and return its result.

        More than the tenant may have is not given, whatever the limits say.
        `language` is the module of the guest that runs it, or `expressions`, which JavaScript's does too. Raises `NoJailError` when there is no
        jail, `LimitError` when it was stopped, and `CodeFailedError` with what the code threw.
        """
        limits = self._bounded(tenant, limits)
        _demand_room(request, limits)
        loop = asyncio.get_running_loop()
        guest = _GUESTS.get(language, language)
        async with self._slot(tenant), self._runner(tenant, guest, limits) as runner:
            started, result = loop.time(), "failed"
            messages = self._limits(runner, limits), orjson.dumps(request)
            try:
                value = await self._talk(runner, messages, limits, ears)
            except _ThrownError as thrown:
                error = failure(thrown.told, str(request.get("code", "")), limits.too_much_memory)
                raise self._counted(error, "memory") from None
            else:
                result = "succeeded"
                return value
            finally:
                self._meter.ran(language, result, loop.time() - started)

    async def stop(self) -> None:
        """Kill everything."""
        for parent in self._parents.values():
            await parent.stop()
        self._parents.clear()

    def _bounded(self, tenant: str, limits: RunLimits) -> RunLimits:
        """Return them, no higher than the tenant may have."""
        seconds, memory = self.settings.most_of(tenant)
        bounded = replace(
            limits, seconds=min(limits.seconds, seconds), memory=min(limits.memory, memory)
        )
        return limits if bounded == limits else replace(bounded, why=_AT_MOST)

    @contextlib.asynccontextmanager
    async def _slot(self, tenant: str) -> AsyncIterator[None]:
        share = max(self.settings.concurrency // 2, 1)
        own, users = self._tenants.get(tenant) or (asyncio.Semaphore(share), 0)
        self._tenants[tenant] = own, users + 1
        try:
            async with own, self._slots:
                yield
        finally:
            users = self._tenants.pop(tenant)[1]
            if users > 1:
                self._tenants[tenant] = own, users - 1

    @contextlib.asynccontextmanager
    async def _runner(self, tenant: str, language: str, limits: RunLimits) -> AsyncIterator[Runner]:
        link, handle, parent = await self._forked(language)
        runner = Runner(
            link,
            handle,
            most_memory=limits.memory + _SLACK,
            most_result=self.settings.max_result,
            most_values=limits.values,
            group=parent.group,
        )
        now = asyncio.get_running_loop().time
        try:
            if self._stopped.get(tenant, 0.0) > now():
                runner.leave_room()
            yield runner
        except LimitError as error:
            if _ran_away(runner, error):
                self._stopped = {who: end for who, end in self._stopped.items() if end > now()}
                self._stopped[tenant] = now() + WARY_SECONDS
            raise
        finally:
            runner.close()

    async def _forked(self, language: str) -> tuple[socket.socket, int, Warm]:
        """Return a new runner; a warm parent that has died is started once more."""
        for _ in range(2):
            parent = await self._parent(language)
            try:
                link = parent.ask_for_runner()
            except GoneError:
                await self._forget(language, parent)
                continue
            try:
                return link, await warm.receive_handle(link), parent
            except GoneError:
                link.close()
                await self._forget(language, parent)
            except BaseException:
                link.close()
                raise
        raise NoJailError("code is refused: no runner could be forked; see `alur doctor`")

    async def _parent(self, language: str) -> Warm:
        async with self._starting.setdefault(language, asyncio.Lock()):
            parent = self._parents.get(language)
            if parent is None or not parent.is_alive:
                if parent is not None:
                    await self._forget(language, parent)
                parent = Warm(self.settings, language)
                await parent.start()
                self._parents[language] = parent
            return parent

    async def _forget(self, language: str, parent: Warm) -> None:
        if self._parents.get(language) is parent:
            del self._parents[language]
        await parent.stop()

    def _limits(self, runner: Runner, limits: RunLimits) -> bytes:
        allowed = {
            "seconds": limits.seconds,
            "memory": limits.memory,
            "address_space": runner.address_space + limits.memory + _SLACK,
            "packages": self.settings.packages,
        }
        return orjson.dumps(allowed)

    async def _talk(
        self, runner: Runner, messages: Iterable[bytes], limits: RunLimits, ears: Ears
    ) -> Json:
        try:
            async with asyncio.timeout(limits.seconds):
                with runner.watched():
                    for message in messages:
                        await runner.send(message)
                    return await _heard(runner, ears)
        except TimeoutError:
            runner.kill("time")
            what = f"it ran longer than its limit of {limits.seconds:g} s{limits.why}"
        except (GoneError, OSError):
            runner.look_for_death()
            what = {
                "memory": limits.too_much_memory,
                "group": "all code together used more memory than its control group may have",
                "output": f"its result is larger than {self.settings.max_result // _MIB} MiB",
                "values": f"its result has more than {limits.values:,} values, or a line of its log is too long",
            }.get(runner.killed_for, "its process ended before it gave a result")
        reason = runner.killed_for or "crash"
        kind = _LIMITS.get(reason, LimitError)
        raise self._counted(kind(f"the code was stopped: {what}"), reason)

    def _counted(self, error: AlurError, reason: str) -> AlurError:
        """Count and log an error when it says that code was stopped."""
        if isinstance(error, LimitError):
            self._meter.killed(reason)
            error.details["stopped"] = reason
            _log.warning("code stopped", reason=reason)
        return error


def _ran_away(runner: Runner, error: LimitError) -> bool:
    """Whether code computed without an end, or took memory: not that it slept, or was killed for others."""
    if isinstance(error, TimeLimitError):
        return runner.has_computed
    return isinstance(error, MemoryLimitError) and runner.killed_for != "group"


_LIMITS = {
    "time": TimeLimitError,
    "memory": MemoryLimitError,
    "group": MemoryLimitError,
    "output": ByteLimitError,
    "values": ByteLimitError,
}


async def _heard(runner: Runner, ears: Ears) -> Json:
    """Answer what the runner asks until it gives its result."""
    lines = asks = answered = 0
    while True:
        message = await runner.receive()
        if isinstance(message.get("log"), str):
            lines += 1
            if lines % _LINES_AT_ONCE == 0:
                await asyncio.sleep(0)  # what has come already is received without a pause
            if lines <= _MOST_LINES:
                ears.log(message["log"][:_LONGEST_LINE])
        elif "ask" in message and asks < _MOST_ASKS and answered < _MOST_ANSWERED:
            answer = orjson.dumps(_answer(message, ears, _MOST_ANSWERED - answered))
            asks, answered = asks + 1, answered + len(answer)
            await runner.send(answer)
        elif "result" in message:
            return message["result"]
        elif isinstance(message.get("error"), dict):
            raise _ThrownError(message["error"])
        else:
            raise GoneError


def _answer(message: Mapping[str, Any], ears: Ears, most: int) -> dict[str, Json]:
    """Return the answer to a question, unless it takes more bytes: the answer is then that it does."""
    details = {name: value for name, value in message.items() if name != "ask"}
    try:
        answer = {"value": ears.ask(str(message["ask"]), details)}
    except AlurError as error:
        return {"error": error.message}
    if is_longer(answer, most):
        return {"error": f"what was asked for is larger than {_MOST_ANSWERED // _MIB} MiB in all"}
    return answer


def _demand_room(request: Mapping[str, Any], limits: RunLimits) -> None:
    """Raise `ByteLimitError` for what its runner could not even read, before it is written."""
    if is_longer(request, limits.memory + _SLACK):
        raise ByteLimitError(
            f"its items are larger than the {limits.memory // _MIB} MiB of memory that it may have{limits.why}: "
            "send it fewer items, or less of each"
        )
