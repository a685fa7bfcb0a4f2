"""Lines 1 and 26 of the security checklist: whatever fails beneath code, no stack, path or name of ours gets out."""

from __future__ import annotations

import json
import re

import pytest

from alur_engine.expressions.bridge import Bridge, names
from alur_sdk.errors import AlurError
from tests.support.jail import Cell

OURS = re.compile(
    r"Traceback|File \"|/alur|/python|\.py\b|site-packages|alur_|<input>|SystemError|KeyError"
    r"|AttributeError|\n\s+at |returned a result"
)
"""What a stack or path of ours looks like."""
CLASSES = sorted(names()["classes"])
STRANGERS = (
    *(f"Object.getPrototypeOf({name}.prototype)" for name in CLASSES),
    *(f"{name}.prototype" for name in CLASSES),
    "Object.getPrototypeOf(DateTime.now())",
    "Object.getPrototypeOf(Duration.fromMillis(1))",
    "DateTime.now().plus.call({}, {days: 1})",
    "DateTime.prototype.toISO()",
    "DateTime.prototype.year",
    "Intl.NumberFormat.prototype.format.call({}, 1)",
    "Object.create(DateTime.prototype).toISO()",
    "DateTime.fromObject(DateTime.prototype)",
    "[1].$$chunk(DateTime.prototype)",
)


@pytest.mark.asyncio(loop_scope="module")
async def test_26_a_value_that_is_none_of_its_kind_shows_nothing_of_ours(jailed: Cell) -> None:
    code = "\n".join(
        f"try {{ told.push(JSON.stringify({each}) ?? 'nothing') }} catch (e) {{ told.push(`${{e.name}}: ${{e.message}}`) }}"
        for each in STRANGERS
    )
    told = await jailed.run("javascript", f"const told = [];\n{code}\nreturn told", seconds=5)
    assert isinstance(told, list)
    assert len(told) == len(STRANGERS)
    assert [each for each in told if OURS.search(str(each))] == []


@pytest.mark.parametrize(
    "code",
    [
        "return Object.getPrototypeOf(DateTime.now())",
        "console.log(DateTime.prototype); return 1",
        "queueMicrotask(() => { null.x }); await new Promise(() => 0)",
        "throw DateTime.prototype",
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_26_what_code_returns_logs_or_throws_of_it_shows_nothing_either(
    jailed: Cell, code: str
) -> None:
    jailed.lines.clear()
    with pytest.raises(AlurError) as failed:
        await jailed.run("javascript", code, seconds=2)
    assert OURS.search(f"{failed.value.message} {jailed.lines}") is None


REQUESTS = [
    {},
    {"way": "none"},
    {"way": "call"},
    {"way": "call", "name": "toISO", "args": []},
    {"way": "read", "name": "year"},
    {"way": "read", "self": {}, "name": "year", "args": []},
    {"way": "static", "kind": "Nothing", "name": "now", "args": []},
    {"way": "function", "name": "nothing", "args": []},
    {"way": "intl", "name": "NumberFormat"},
    {"way": "date"},
    {"way": "call", "self": {"\0handle": 99}, "name": "toISO", "args": []},
]


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_26_the_bridge_answers_whatever_it_is_asked(request_: dict[str, object]) -> None:
    answer = json.loads(Bridge(0, "UTC").answer(json.dumps(request_)))
    assert answer["error"]["type"] == "TypeError"
    assert OURS.search(str(answer)) is None


@pytest.mark.asyncio(loop_scope="module")
async def test_7_the_clock_of_code_does_not_tell_for_how_long_the_machine_has_run(
    jailed: Cell,
) -> None:
    text = "return [performance.timeOrigin - Date.now(), performance.now()]"
    origin, passed = await jailed.run("javascript", text)
    assert -1_000 < origin <= 0
    assert 0 <= passed < 1_000


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("value", ["10**400", "{'a': (-10**309,)}", "{10**400}"])
async def test_a_whole_number_that_no_json_holds_is_told_as_what_it_is(
    jailed: Cell, value: str
) -> None:
    with pytest.raises(AlurError, match=r"OverflowError.* more than JSON holds"):
        await jailed.run("python", f"return [{value}]")
    assert await jailed.run("python", "return ['1' * 400, 10**308]") == ["1" * 400, 1e308]
