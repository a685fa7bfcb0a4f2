from __future__ import annotations

import pytest

from alur_gateway.domain.errors import EvaluationError
from alur_gateway.service.evaluating import evaluate

NOW = 1769860800.0


@pytest.mark.parametrize(
    ("expression", "data", "value"),
    [
        ("{{ $json.a + 1 }}", {"json": {"a": 2}}, 3),
        ("a is {{ $json.a }}", {"json": {"a": 2}}, "a is 2"),
        ("plain", {}, "plain"),
        ("{{ $items.length }}", {"items": [{}, {}]}, 2),
        ("{{ $json.a }}", {"items": [{"a": 1}, {"a": 2}], "index": 1, "json": {"a": 2}}, 2),
        ("{{ $vars.RATE }}", {"vars": {"RATE": 7}}, 7),
        ("{{ $now.toISO() }}", {"timeZone": "Asia/Jakarta"}, "2026-01-31T19:00:00.000+07:00"),
    ],
)
def test_a_template_sees_what_the_caller_sent(
    expression: str, data: dict[str, object], value: object
) -> None:
    assert evaluate(expression, data, NOW) == value


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("{{ $json. }}", "column"),
        ("{{ process.env }}", "process"),
        ("{{ $json.a.b.c }}", "undefined"),
        ("{{ 'x'.repeat(1e9) }}", ""),
        ("{{ Array.from({length: 1e7}).map(x => x) }}", ""),
        ("{{ $('ghost').item }}", "ghost"),
        ("{{ [...(function* () { yield 1 })()] }}", "runs in the jail"),
    ],
)
def test_what_fails_says_where(expression: str, word: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        evaluate(expression, {"json": {}}, NOW)
    assert raised.value.problems[0].path == "expression"
    assert word in raised.value.problems[0].message
