"""Lines 1, 2 and 7 of the security checklist: the ways out that are known for tools of this kind."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
import yaml

from alur_engine.expressions import Evaluator, JailedJavaScript, Limits, Scope
from alur_jail import Ears, RunLimits
from alur_sdk.errors import AlurError, ExpressionError
from tests.support.canary import Canary, strangers_in
from tests.support.jail import MIB, OPEN, Cell

pytestmark = pytest.mark.asyncio(loop_scope="module")

ATTEMPTS = yaml.safe_load(Path(__file__).with_name("escapes.yaml").read_text())
CASES = [
    pytest.param(language, text, id=f"{language} {number}")
    for language, texts in ATTEMPTS.items()
    for number, text in enumerate(texts, 1)
]


@pytest.mark.parametrize(("language", "text"), CASES)
async def test_1_2_7_an_attempt_to_escape_reaches_nothing(
    jailed: Cell, canary: Canary, language: str, text: str
) -> None:
    jailed.answers = {}
    jailed.lines.clear()
    try:
        told = json.dumps(await jailed.run(language, canary.named(text), [{"a": 1}], seconds=2))
    except (AlurError, KeyError) as error:
        told = str(error)
    assert canary.heard_in(told + str(jailed.lines)) == []
    assert str(os.getpid()) != told
    assert await jailed.run(language, "return []") == []


# One call each: with code of a user running, none of these may be let through.
REFUSED = (
    "os.fork()",
    "os.execv('/python/bin/python3.11', ['python'])",
    "os.kill(os.getppid(), 9)",
    "sys.modules['_socket'].socket()",
    "sys.modules['_socket'].socketpair()",
    "os.memfd_create('x')",
    "os.pidfd_open(os.getpid())",
    "os.setuid(0)",
    "os.chmod('/alur', 0o777)",
    "os.mkdir('/alur/x')",
    "os.pipe()",
    "os.eventfd(0)",
    "os.nice(-5)",
    "os.setpriority(os.PRIO_PROCESS, 0, 12)",
    "os.sched_setaffinity(0, [0])",
)


@pytest.mark.parametrize("call", REFUSED)
async def test_7_a_call_that_code_does_not_need_is_refused(jailed: Cell, call: str) -> None:
    text = f"{OPEN}try:\n  {call}\nexcept OSError as error:\n  return {{'errno': error.errno}}\nreturn {{}}"
    told = await jailed.run("python", text)
    assert told["errno"] in {1, 11, 30}, told


async def test_7_code_gets_no_shorter_slice_than_it_was_given(jailed: Cell) -> None:
    number = {"x86_64": 314, "aarch64": 274}[os.uname().machine]
    text = f"""{OPEN}ctypes = sys.modules['ctypes']
libc = ctypes.CDLL(None, use_errno=True)
attributes = (ctypes.c_uint32 * 12)(48, 0, 0, 0, 19, 0, 100_000)
return {{'did': libc.syscall({number}, 0, attributes, 0), 'errno': ctypes.get_errno()}}"""
    assert await jailed.run("python", text) == {"did": -1, "errno": errno.EPERM}


async def test_7_10_code_has_nobody_signalled_when_data_comes(jailed: Cell) -> None:
    set_owner, set_signal = 8, 10
    text = f"""{OPEN}ctypes = sys.modules['ctypes']
libc = ctypes.CDLL(None, use_errno=True)
found = set()
for descriptor in range(16):
    for command, value in (({set_owner}, os.getppid()), ({set_signal}, 9), (3, 0)):
        ctypes.set_errno(0)
        found.add((libc.fcntl(descriptor, command, value), ctypes.get_errno()))
return {{'found': sorted(found)}}"""
    assert await jailed.run("python", text) == {"found": [[-1, errno.EPERM]]}


async def test_7_a_runner_has_no_handle_of_a_process(jailed: Cell) -> None:
    text = f"""{OPEN}found = []
for descriptor in range(16):
    try: found.append(oct(os.fstat(descriptor).st_mode >> 12))
    except OSError: pass
return {{'found': found}}"""
    named = {oct(stat.S_IFCHR >> 12), oct(stat.S_IFSOCK >> 12), oct(stat.S_IFIFO >> 12)}
    assert set((await jailed.run("python", text))["found"]) <= named


async def test_7_a_fork_bomb_comes_to_nothing(jailed: Cell) -> None:
    text = (
        OPEN
        + "made = 0\nfor _ in range(1000):\n  try:\n    made += os.fork() > 0\n  except OSError: pass\nreturn {'made': made}"
    )
    assert await jailed.run("python", text) == {"made": 0}


async def test_7_a_process_from_another_architecture_is_killed_not_answered(jailed: Cell) -> None:
    text = (
        OPEN
        + "ctypes = sys.modules['ctypes']\nreturn {'told': ctypes.CDLL(None).syscall(0x40000000 + 39)}"
    )
    with pytest.raises(AlurError, match="its process ended"):
        await jailed.run("python", text)


@pytest.mark.parametrize(
    "name",
    [
        "os",
        "sys",
        "subprocess",
        "socket",
        "ctypes",
        "pathlib",
        "urllib.request",
        "importlib",
        "pickle",
        "marshal",
        "threading",
    ],
)
async def test_an_import_that_is_not_allowed_names_those_that_are(jailed: Cell, name: str) -> None:
    with pytest.raises(AlurError, match=f"the module '{name}' is not available .* statistics"):
        await jailed.run("python", f"import {name}")


EXPRESSIONS = [
    text.removeprefix("return ") for text in ATTEMPTS["javascript"] if text.startswith("return ")
]


@pytest.mark.parametrize("text", EXPRESSIONS)
async def test_1_2_an_expression_that_tries_to_escape_reaches_nothing(
    jailed: Cell, canary: Canary, text: str
) -> None:
    try:
        expression = JailedJavaScript().compile(canary.named(text), Limits())
    except ExpressionError:
        return  # refused when the workflow is saved
    request = {
        "sources": [{"script": expression.script, "changes": expression.changes}],
        "items": [{"json": {"a": 1}}],
        "indexes": [0],
        "now_ms": 0,
        "time_zone": "UTC",
    }
    ears = Ears(lambda _what, _details: None, jailed.lines.append)
    limits = RunLimits(2, 64 * MIB)
    told = json.dumps(await jailed.jail.run("acme", "expressions", request, limits, ears))
    assert canary.heard_in(told) == []
    assert "alur_engine" not in told


@pytest.mark.parametrize("text", EXPRESSIONS)
async def test_1_2_a_compiled_expression_that_tries_to_escape_reaches_nothing(
    canary: Canary, text: str
) -> None:
    """What the compiler takes of them runs in the service's own process."""
    item = {"json": {"a": 1}}
    scope = Scope(json=item["json"], item=item, items=[item], now_ms=0)
    try:
        value = Evaluator().compile(canary.named(text)).raw(scope)
    except AlurError as error:
        value = str(error)
    assert strangers_in(value) == []
    assert canary.heard_in(repr(value)) == []
