"""The pool of runners: shares, limits, deaths and what is asked of the supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from alur_jail import examining, pool
from alur_jail.examining import examine
from alur_jail.failures import CodeFailedError
from alur_jail.pool import Ears, RunLimits, _heard
from alur_jail.room import JailSettings
from alur_jail.runner import Runner
from alur_jail.warm import GoneError
from alur_sdk.errors import (
    AlurError,
    ByteLimitError,
    LimitError,
    MemoryLimitError,
    TimeLimitError,
)
from alur_sdk.items import Json
from tests.support.jail import MIB, OPEN, Cell, cell, no_jail, processes, warm_parent

USE_PACKAGE = (
    "from packaging.version import Version\nreturn str(max(map(Version, ['1.9', '1.10'])))"
)
TEXT = "x" * MIB
HELD_MANY_TIMES = [{"json": dict.fromkeys(map(str, range(100_000)), TEXT)}]
"""A hundred thousand fields with one and the same text."""
LONG_SLEEP = "import time\nprint('runs')\ntime.sleep(20)\nreturn []"
SLEEP = "import time\ntime.sleep(0.4)\nreturn []"


async def test_a_tenant_has_at_most_half_of_the_runners() -> None:
    async with cell(concurrency=4) as made:
        await made.run("python", "return []")
        busy = [asyncio.create_task(made.run("python", SLEEP, tenant="greedy")) for _ in range(4)]
        await asyncio.sleep(0.1)
        assert await made.run("python", "return [1]", tenant="modest") == [1]
        assert not any(task.done() for task in busy)
        assert await asyncio.gather(*busy) == [[]] * 4


async def test_a_warm_parent_that_dies_is_started_again() -> None:
    async with cell() as made:
        await made.run("python", "return []")
        parent = made.jail._parents["python_code"]
        assert parent._process is not None
        os.kill(parent._process.pid, signal.SIGKILL)
        await parent._process.wait()
        assert await made.run("python", "return [1]") == [1]
        assert made.jail._parents["python_code"] is not parent


async def test_a_parent_that_cannot_get_warm_serves_all_the_same_and_says_why() -> None:
    with capture_logs() as logged:
        async with cell(bridge_packages=("alur_sdk", "jmespath", "tzdata")) as made:
            assert await made.run("javascript", "return [1]") == [1]
            parent = made.jail._parents["javascript_code"]
            assert await made.run("javascript", "return [2]") == [2]
            assert made.jail._parents["javascript_code"] is parent
            assert made.counted.kills == []
    told = [line for line in logged if line["event"] == "runners of code start cold"]
    assert [line["language"] for line in told] == ["javascript_code"]
    assert "alur_engine" in told[0]["reason"]


async def test_a_run_that_is_cancelled_leaves_no_runner() -> None:
    async with cell() as made:
        running = asyncio.create_task(made.run("python", "while True: pass", seconds=30))
        await asyncio.sleep(0.3)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert made.jail._tenants == {}
        assert await made.run("python", "return []") == []


@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this kernel does not group by session"
)
async def test_all_code_together_gives_way_where_time_is_shared_between_sessions_first() -> None:
    async with cell() as made:
        await made.run("python", "return []")
        assert _session(warm_parent("python_code")).endswith("nice 5\n")


def _session(pid: int) -> str:
    return Path(f"/proc/{pid}/autogroup").read_text()


async def test_code_that_goes_on_lets_others_go_first() -> None:
    async with cell() as made, asyncio.timeout(20):
        await made.run("python", "return []")
        running = asyncio.create_task(made.run("python", "while True: pass", seconds=20))
        priorities: set[int] = set()
        while 19 not in priorities:
            await asyncio.sleep(0.01)
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # the one before ends
                for pid in processes(warm_parent("python_code"))[1:]:
                    priorities.add(os.getpriority(os.PRIO_PROCESS, pid))
        running.cancel()


ALL = os.sched_getaffinity(0)


async def where_it_runs(made: Cell, tenant: str) -> tuple[set[int], int]:
    """Return on which processors code of a tenant runs, and how nice it is, once it runs."""
    made.lines.clear()
    running = asyncio.create_task(made.run("python", LONG_SLEEP, tenant=tenant))
    async with asyncio.timeout(20):
        while not made.lines:  # noqa: ASYNC110  # it runs once it has said so
            await asyncio.sleep(0.01)
    runner = processes(warm_parent("python_code"))[-1]
    found = os.sched_getaffinity(runner), os.getpriority(os.PRIO_PROCESS, runner)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return found


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("while True: pass", TimeLimitError),
        ("x = [bytearray(1 << 20) for _ in range(1024)]", MemoryLimitError),
    ],
)
async def test_a_tenant_whose_code_ran_away_leaves_one_processor_to_others_for_a_while(
    code: str, kind: type[LimitError], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cell() as made:
        with pytest.raises(kind):
            await made.run("python", code, tenant="wild")
        assert await where_it_runs(made, "wild") == (ALL - {min(ALL)} or ALL, 19)
        assert await where_it_runs(made, "calm") == (ALL, 5)
        monkeypatch.setattr(pool, "WARY_SECONDS", -1.0)
        with pytest.raises(kind):
            await made.run("python", code, tenant="wild")
        assert await where_it_runs(made, "wild") == (ALL, 5)


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        ("import time\ntime.sleep(9)", 0.5),
        ("return {'a': [[]] * 2_000_000}", 30.0),
        (f"{OPEN}os._exit(1)", 30.0),
    ],
)
async def test_a_tenant_whose_code_was_stopped_for_other_reasons_runs_as_before(
    code: str, seconds: float
) -> None:
    async with cell() as made:
        with pytest.raises(AlurError):
            await made.run("python", code, seconds=seconds, tenant="slow")
        assert await where_it_runs(made, "slow") == (ALL, 5)


@pytest.mark.parametrize("language", ["javascript", "python"])
async def test_the_lines_of_code_reach_the_log_before_it_is_stopped(language: str) -> None:
    say = {
        "javascript": "console.log('at', 1); while (true);",
        "python": "print('at', 1)\nwhile True: pass",
    }
    async with cell() as made:
        with pytest.raises(LimitError):
            await made.run(language, say[language], seconds=0.5)
        assert made.lines == ["at 1"]


@pytest.mark.parametrize(
    ("language", "code", "line", "kind"),
    [
        ("javascript", "const a = 1;\n\nthrow new Error('far')", 3, "Error: far"),
        ("javascript", "const f = () => {\n  null.x;\n};\nf();", 2, "TypeError"),
        ("javascript", "return [\n  1,\n  ;", 3, "SyntaxError"),
        ("python", "a = 1\n\nraise ValueError('far')", 3, "ValueError: far"),
        ("python", "def f():\n  return {}['x']\nreturn f()", 2, "KeyError: 'x'"),
        ("python", "if True:\nreturn 1", 2, "SyntaxError|IndentationError"),
        ("python", "import json\nreturn json.loads('{')", 2, "JSONDecodeError"),
    ],
)
async def test_an_error_names_the_line_of_the_user(
    language: str, code: str, line: int, kind: str
) -> None:
    async with cell() as made:
        with pytest.raises(CodeFailedError, match=kind) as thrown:
            await made.run(language, code)
    assert thrown.value.details["line"] == line


async def test_in_mode_each_an_error_names_its_item() -> None:
    async with cell() as made:
        with pytest.raises(AlurError) as thrown:
            await made.run("python", "return 1 / _json.n", [{"n": 1}, {"n": 0}], mode="each")
    assert thrown.value.details == {"line": 1, "item": 1}


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("return {1, 2}", [1, 2]),
        ("from decimal import Decimal\nreturn Decimal('1.5')", 1.5),
        ("return {'at': _today}", {"at": "2027-01-15T00:00:00+07:00"}),
        ("return float('nan')", None),
        ("items[0].json.n * 2", 14),
        ("return (item['json'] for item in items)", [{"n": 7}]),
    ],
)
async def test_python_values_become_json(code: str, result: object) -> None:
    async with cell() as made:
        assert await made.run("python", code, [{"n": 7}]) == result


async def test_a_pure_package_that_is_named_can_be_imported() -> None:
    async with cell(packages=("yaml",)) as made:
        with pytest.raises(AlurError, match="not pure Python"):
            await made.run("python", "import yaml")
    async with cell(packages=("packaging",)) as made:
        assert await made.run("python", USE_PACKAGE) == "1.10"


async def test_the_doctor_says_what_is_missing() -> None:
    looks = await examine(JailSettings(bubblewrap="there-is-no-such-program"))
    assert [(look.name, look.is_well) for look in looks] == [("jail", False)]
    assert "install bubblewrap" in looks[0].remedy


async def test_the_doctor_tells_of_a_profile_that_forbids_namespaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create a namespace' >&2\nexit 1\n"
    )
    refusing.chmod(0o755)
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nSeccomp:\t2\nSeccomp_filters:\t1\n")
    monkeypatch.setattr(examining, "_STATUS", status)
    looks = await examine(JailSettings(bubblewrap=str(refusing)))
    refused = [look for look in looks if not look.is_well]
    assert [look.name for look in refused] == ["JavaScript code", "Python code"]
    assert all("seccomp profile" in look.remedy for look in refused)


async def test_the_doctor_runs_code_in_both_languages() -> None:
    looks = await examine(JailSettings())
    assert [(look.name, look.is_well) for look in looks] == [
        ("jail", True), ("control group", True), ("JavaScript code", True), ("Python code", True)
    ]  # fmt: skip


class Flood:
    """A runner whose lines have all come already."""

    def __init__(self, line: Json = "again") -> None:
        self.left = 1_000
        self.line = line

    async def receive(self) -> dict[str, Any]:
        self.left -= 1
        return {"log": self.line} if self.left else {"result": None}


@contextlib.asynccontextmanager
async def _turns() -> AsyncIterator[list[None]]:
    """Yield what gets longer with each turn that others have."""
    turns: list[None] = []

    async def other() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    watching = asyncio.create_task(other())
    yield turns
    watching.cancel()


async def test_a_runner_that_floods_its_log_lets_others_have_their_turn() -> None:
    async with _turns() as turns:
        await _heard(Flood(), Ears(lambda *_: None, lambda _: None))  # type: ignore[arg-type]  # all that is asked of it
    assert len(turns) >= 10


async def test_what_a_runner_sends_is_received_in_turns_by_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = orjson.dumps({"log": "x" * 20_000})
    parts = itertools.cycle([len(line).to_bytes(4, "big"), line])

    async def come_already(_runner: Runner, _size: int) -> bytearray:
        return bytearray(next(parts))

    monkeypatch.setattr(Runner, "_exactly", come_already)
    sleeper = await asyncio.create_subprocess_exec("sleep", "60")
    ours, its = socket.socketpair()
    most = {"most_memory": MIB, "most_result": MIB, "most_values": 1_000_000}
    runner = Runner(ours, os.pidfd_open(sleeper.pid), group=None, **most)
    async with _turns() as turns:
        for _ in range(100):
            await runner.receive()
    runner.close()
    its.close()
    await sleeper.wait()
    assert len(turns) >= 25


async def test_a_line_of_the_log_that_is_no_text_ends_its_runner() -> None:
    flood = Flood([[]] * 1_000)
    with pytest.raises(GoneError):
        await _heard(flood, Ears(lambda *_: None, lambda _: None))  # type: ignore[arg-type]  # all that is asked of it
    assert flood.left == 999


async def test_one_text_that_many_fields_hold_is_refused_before_it_is_written_for_the_jail() -> (
    None
):
    request = {"sources": [], "items": HELD_MANY_TIMES}
    ears = Ears(lambda *_: None, print)
    with pytest.raises(ByteLimitError, match="larger than the 64 MiB of memory"):
        await no_jail().run("acme", "expressions", request, RunLimits(5, 64 * MIB), ears)


@pytest.mark.parametrize(
    ("language", "code"),
    [("javascript", "return $('a').all()"), ("python", "return _node('a').all()")],
)
async def test_one_text_that_many_fields_of_another_node_hold_is_refused_to_code_that_asks(
    language: str, code: str
) -> None:
    async with cell() as made:
        made.answers["a.all"] = HELD_MANY_TIMES
        with pytest.raises(CodeFailedError, match="larger than 128 MiB"):
            await made.run(language, code)
        assert made.counted.kills == []


def _processor_time(pid: int) -> int:
    """Return the nanoseconds of processor time that a process has taken."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def _sleeps(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  other processes set no event here
        await asyncio.sleep(0.01)


async def test_a_pool_that_is_idle_takes_no_processor_time() -> None:
    async with cell() as made, asyncio.timeout(20):
        for language in ("python", "javascript") * 2:  # the second comes from one that is warm
            await made.run(language, "return []")
        parents = [warm_parent("python_code"), warm_parent("javascript_code")]
        await _until(lambda: all(processes(parent) == [parent] for parent in parents))
        idle = processes(os.getpid())[1:]
        await _until(lambda: all(map(_sleeps, idle)))
        before = {pid: _processor_time(pid) for pid in idle}
        await asyncio.sleep(1)
        assert {pid: _processor_time(pid) for pid in idle} == before
        assert before.keys() >= set(parents)
