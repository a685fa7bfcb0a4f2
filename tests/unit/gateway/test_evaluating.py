"""Previews: what compiles is evaluated in the gateway, the rest in the jail of an executor, within bounds."""

from __future__ import annotations

from typing import Any

import pytest

from alur_common.previews import Preview
from alur_gateway.domain.errors import EvaluationError
from alur_gateway.service.evaluating import MOST_A_MINUTE, Evaluating
from alur_sdk.errors import AlurError, LimitedError, UnavailableError
from tests.support.clock import FakeClock

JAILED = "{{ [...(function* () { yield 1 })()] }}"


class Previews:
    """Tells one outcome of every script, or raises."""

    def __init__(self, outcome: list[Any] | AlurError) -> None:
        self.outcome = outcome
        self.asked: list[tuple[str, Preview]] = []

    async def preview(self, tenant: str, asked: Preview) -> list[list[Any]]:
        self.asked.append((tenant, asked))
        if isinstance(self.outcome, AlurError):
            raise self.outcome
        return [self.outcome for _ in asked.scripts]


def evaluating(outcome: list[Any] | AlurError | None = None) -> tuple[Evaluating, Previews]:
    previews = Previews([0, [1]] if outcome is None else outcome)
    return Evaluating(previews, FakeClock()), previews


@pytest.mark.parametrize(
    ("expression", "data", "value"),
    [
        ("{{ $json.a + 1 }}", {"json": {"a": 2}}, 3),
        ("a is {{ $json.a }}", {"json": {"a": 2}}, "a is 2"),
        ("plain", {}, "plain"),
        ("{{ $items.length }}", {"items": [{}, {}]}, 2),
        ("{{ $json.a }}", {"items": [{"a": 1}, {"a": 2}], "index": 1}, 2),
        ("{{ $input.all().length }}", {"items": [{"a": 1}, {"a": 2}]}, 2),
        ("{{ $vars.RATE }}", {"vars": {"RATE": 7}}, 7),
        ("{{ $now.toISO() }}", {"timeZone": "Asia/Jakarta"}, "2026-01-31T19:00:00.000+07:00"),
        ("{{ $('b').item.json.x }}", {"nodes": {"b": [{"x": 3}, {"x": 4}]}, "index": 1}, 4),
        ("{{ $('b').all().length }}", {"nodes": {"b": []}}, 0),
    ],
)
async def test_a_template_sees_what_the_caller_sent(
    expression: str, data: dict[str, object], value: object
) -> None:
    here, previews = evaluating()
    assert await here.evaluate("t", expression, data) == value
    assert previews.asked == []


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("{{ $json. }}", "column"),
        ("{{ process.env }}", "process"),
        ("{{ $json.a.b.c }}", "undefined"),
        ("{{ 'x'.repeat(1e9) }}", ""),
        ("{{ Array.from({length: 1e7}).map(x => x) }}", ""),
        ("{{ $('ghost').item }}", "ghost"),
    ],
)
async def test_what_fails_says_where(expression: str, word: str) -> None:
    here, _ = evaluating()
    with pytest.raises(EvaluationError) as raised:
        await here.evaluate("t", expression, {"json": {}})
    assert raised.value.problems[0].path == "expression"
    assert word in raised.value.problems[0].message


async def test_what_does_not_compile_is_tried_in_the_jail_of_its_tenant() -> None:
    here, previews = evaluating([0, "seen"])
    text = f"{JAILED} and {JAILED}, {{{{ $json.a }}}}"
    assert await here.evaluate("acme", text, {"json": {"a": 2}}) == "seen and seen, 2"
    ((tenant, asked),) = previews.asked
    assert (tenant, len(asked.scripts), asked.sample) == ("acme", 1, {"json": {"a": 2}})


class NoJailError(AlurError):
    """There is no jail."""

    code = "no-jail"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ([3, "TypeError", "it is no function"], ("it is no function",)),
        (NoJailError("bubblewrap is missing"), ("there is none", "bubblewrap")),
    ],
)
async def test_what_the_jail_refuses_or_throws_is_told(
    outcome: list[Any] | AlurError, words: tuple[str, ...]
) -> None:
    here, _ = evaluating(outcome)
    with pytest.raises(EvaluationError) as raised:
        await here.evaluate("t", JAILED, {})
    assert all(word in raised.value.message for word in words)


async def test_an_executor_out_of_reach_is_no_fault_of_the_expression() -> None:
    here, _ = evaluating(UnavailableError("no executor"))
    with pytest.raises(UnavailableError):
        await here.evaluate("t", JAILED, {})


async def test_a_tenant_tries_no_more_than_its_share_a_minute() -> None:
    previews = Previews([0, 1])
    clock = FakeClock()
    here = Evaluating(previews, clock)
    for _ in range(MOST_A_MINUTE):
        await here.evaluate("t", JAILED, {})
    with pytest.raises(LimitedError) as raised:
        await here.evaluate("t", JAILED, {})
    assert 0 < raised.value.after_seconds <= 60
    assert await here.evaluate("t", "{{ 1 + 1 }}", {}) == 2
    assert await here.evaluate("other", JAILED, {}) == 1
    clock.advance(61)
    assert await here.evaluate("t", JAILED, {}) == 1
