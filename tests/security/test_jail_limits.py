"""Lines 5, 6 and 12 of the security checklist: what runs too long, grows too large, or lies."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from alur_sdk.errors import AlurError, LimitError, MemoryLimitError, TimeLimitError
from tests.support.jail import MIB, OPEN, Cell, cell

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 0.5


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "while (true);"),
        ("javascript", "/(a+)+$/.test('a'.repeat(40) + 'b')"),
        ("javascript", "while (true) 'x'.repeat(4e6).indexOf('y'.repeat(1e6))"),
        ("javascript", "while (true) 3n ** 600000n"),
        ("javascript", "const f = () => { Promise.resolve().then(f) }; f(); await new Promise(f)"),
        ("javascript", "while (true) Array.from({ length: 1e5 }, Math.random).sort()"),
        ("javascript", "while (true) { try { while (true); } catch {} finally { continue; } }"),
        ("python", "while True: pass"),
        ("python", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"),
        ("python", "import time\ntime.sleep(100)"),
        ("python", "while True:\n  try:\n    while True: pass\n  except BaseException: pass"),
        ("python", "10 ** 10 ** 8"),
        ("python", "while True: print('x' * 1000)"),
        ("python", OPEN + "while True:\n  try: os.fork()\n  except OSError: pass"),
        ("python", "x = [bytearray(1 << 20) for _ in range(1024)]\nreturn len(x)"),
        ("javascript", "const x = []; for (;;) x.push(new Uint8Array(1e7).fill(1))"),
    ],
)
async def test_5_what_never_ends_is_stopped_within_half_a_second_of_its_limit(
    jailed: Cell, language: str, text: str
) -> None:
    await jailed.run(language, "return []")
    before, pid = time.monotonic(), os.getpid()
    with pytest.raises(LimitError):
        await jailed.run(language, text, seconds=LIMIT)
    assert time.monotonic() - before < LIMIT + 0.5
    assert os.getpid() == pid
    assert await jailed.run(language, "return []") == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "const all = []; while (true) all.push(new Array(1e5).fill(1))"),
        ("javascript", "return 'x'.repeat(1024 ** 3 - 100)"),
        ("javascript", "const all = []; while (true) all.push(new Uint8Array(1e7))"),
        ("javascript", "const all = new Map(); for (let i = 0; ; i += 1) all.set(i, [i])"),
        ("javascript", "const all = new Map(); let i = 0; while (true) all.set(i++, {})"),
        ("javascript", "return 'x'.repeat(1 << 20).split('').map((each) => [each, each])"),
        (
            "javascript",
            "const all = []; (function more() { all.push([1, 2, 3]); return more; })(); while (true) all.push({})",
        ),
        ("python", "return [bytearray(1024 ** 3)]"),
        ("python", "x = 'x'\nwhile True: x += x"),
        ("python", OPEN + "mmap = __builtins__['__import__']\nx = [0] * 10 ** 9"),
    ],
)
async def test_6_what_grows_too_large_is_stopped_and_the_service_does_not_grow(
    jailed: Cell, language: str, text: str
) -> None:
    await jailed.run(language, "return []")
    before = resident()
    with pytest.raises(AlurError) as raised:
        await jailed.run(language, text, memory=64 * MIB)
    assert raised.value.code == "limit-memory"
    assert resident() - before < 50 * MIB


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "return { big: 'x'.repeat(40e6) }"),
        ("python", "return {'big': 'x' * 40_000_000}"),
    ],
)
async def test_6_a_result_that_is_too_large_is_refused_before_it_is_read(
    jailed: Cell, language: str, text: str
) -> None:
    before = resident()
    with pytest.raises(LimitError, match="its result is larger than 32 MiB") as raised:
        await jailed.run(language, text, memory=500 * MIB)
    assert raised.value.code == "limit-bytes"
    assert resident() - before < 50 * MIB


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "return { a: Array(5e6).fill([]) }"),
        ("javascript", "return Array(2e6).fill({})"),
        ("python", "return {'a': [[]] * 5_000_000}"),
        ("python", "return {'a': [''] * 5_000_000}"),
    ],
)
async def test_6_a_result_of_too_many_values_is_refused_before_they_are_made(
    jailed: Cell, language: str, text: str
) -> None:
    await jailed.run(language, "return []")
    before = resident()
    with pytest.raises(LimitError, match="its result has more than 1,000,000 values") as raised:
        await jailed.run(language, text, memory=500 * MIB)
    assert raised.value.code == "limit-bytes"
    assert resident() - before < 50 * MIB


async def test_6_signs_within_text_are_no_values(jailed: Cell) -> None:
    result = await jailed.run("python", "return {'csv': '1,2,\"[{' * 500_000}", memory=500 * MIB)
    assert result == {"csv": '1,2,"[{' * 500_000}


async def test_12_a_line_for_the_log_that_is_no_line_is_refused(jailed: Cell) -> None:
    text = OPEN + (
        'said = b\'{"log": [\' + b"[]," * 100_000 + b"[]]}"\n'
        "frame = len(said).to_bytes(4, 'big') + said\n"
        "for handle in range(3, 20):\n"
        "  try:\n"
        "    rest = frame\n"
        "    while rest: rest = rest[os.write(handle, rest):]\n"
        "  except OSError: pass\n"
        "while True: pass"
    )
    with pytest.raises(LimitError, match="a line of its log is too long"):
        await jailed.run("python", text, seconds=3)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "let a = []; for (let i = 0; i < 1e6; i += 1) a = [a]; return a"),
        ("python", "a = []\nfor _ in range(10 ** 6): a = [a]\nreturn a"),
        ("javascript", "const f = () => f() + 1; return f()"),
        ("python", "def f(): return f() + 1\nreturn f()"),
    ],
)
async def test_6_what_is_too_deep_fails_within_the_runner(
    jailed: Cell, language: str, text: str
) -> None:
    with pytest.raises(AlurError):
        await jailed.run(language, text)
    assert await jailed.run(language, "return []") == []


@pytest.mark.parametrize(
    "frame",
    [
        "(2 ** 30).to_bytes(4, 'big') + b'x' * 1000",
        "(5).to_bytes(4, 'big') + b'\\xff\\xfe\\xff\\xfe\\xff'",
        "(2).to_bytes(4, 'big') + b'[]'",
        "(4).to_bytes(4, 'big') + b'null'",
        "(12).to_bytes(4, 'big') + b'{\"error\": 1} '",
        "(200).to_bytes(4, 'big') + b'{'",
        "b'\\x00\\x00'",
        "(26).to_bytes(4, 'big') + b'{\"result\": NaN, \"log\": 1} '[:26]",
        "(14).to_bytes(4, 'big') + b'{\"ask\": {\"a\": 1}}'",
    ],
)
async def test_12_a_runner_that_lies_harms_itself_alone(jailed: Cell, frame: str) -> None:
    text = (
        OPEN + f"frame = {frame}\n"
        "for handle in range(3, 20):\n"
        "  try: sys.modules['socket'].socket\n"
        "  except KeyError: pass\n"
        "  try: os.write(handle, frame)\n"
        "  except OSError: pass\n"
        "os._exit(0)"
    )
    with pytest.raises(LimitError, match="the code was stopped"):
        await jailed.run("python", text, seconds=2)
    assert await jailed.run("python", "return []") == []


async def test_12_a_second_result_is_not_heard(jailed: Cell) -> None:
    twice = (
        OPEN + "frame = b'{\"result\":[1]}'\nframe = len(frame).to_bytes(4, 'big') + frame\n"
        "for handle in range(3, 20):\n"
        "  try: os.write(handle, frame * 2)\n"
        "  except OSError: pass\n"
        "return [2]"
    )
    assert await jailed.run("python", twice) == [1]
    assert await jailed.run("python", "return [3]") == [3]


async def test_every_stop_is_counted_with_its_reason(jailed: Cell) -> None:
    jailed.counted.kills.clear()
    jailed.counted.runs.clear()
    for text, memory in (("while True: pass", 64), ("x = bytearray(10 ** 9)", 64)):
        with pytest.raises(LimitError):
            await jailed.run("python", text, seconds=LIMIT, memory=memory * MIB)
    assert jailed.counted.kills == ["time", "memory"]
    assert jailed.counted.runs == [("python_code", "failed")] * 2


async def test_5_a_tenant_has_limits_of_its_own_whatever_its_nodes_ask_for() -> None:
    """Below those of all others for one tenant, above them for another; what asks for no more is not touched."""
    own = {"meek": 0.2, "rich": 2.0}
    room = {"meek": 32 * MIB}
    async with cell(max_seconds=0.4, tenant_seconds=own, tenant_memory=room) as made:
        for tenant, seconds in (("meek", "0.2"), ("acme", "0.4")):
            with pytest.raises(
                TimeLimitError, match=rf"its limit of {seconds} s, for code may have no more here"
            ):
                await made.run("javascript", "while (true);", seconds=60, tenant=tenant)
        with pytest.raises(TimeLimitError, match=r"its limit of 0.1 s$"):
            await made.run("javascript", "while (true);", seconds=0.1, tenant="rich")
        waits = "const end = Date.now() + 600; while (Date.now() < end); return {}"
        assert await made.run("javascript", waits, seconds=60, tenant="rich") == {}
        with pytest.raises(MemoryLimitError):
            await made.run("python", "return len(bytearray(100 << 20))", tenant="meek")
        assert await made.run("python", "return {'n': len(bytearray(9 << 20))}", tenant="rich")


async def test_code_that_throws_nothing_is_not_taken_for_one_without_memory(jailed: Cell) -> None:
    with pytest.raises(AlurError, match=r"^Error: null") as raised:
        await jailed.run("javascript", "throw null")
    assert raised.value.code == "code"
