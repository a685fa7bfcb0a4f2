from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from alur_engine.expressions import (
    UNDEFINED,
    Evaluator,
    Json,
    Scope,
    SyntaxProblem,
    UnsupportedError,
)
from alur_sdk.errors import ExpressionError

HERE = Path(__file__).parent
EVALUATOR = Evaluator()
NOW_MS = 1_709_211_909_123  # 2024-02-29T13:05:09.123Z


def load(name: str) -> Json:
    return yaml.load((HERE / name).read_text(), yaml.CSafeLoader)


def evaluate(source: str, data: Json = None, **scope: Json) -> Json:
    value = EVALUATOR.compile(source)(Scope(data, now_ms=NOW_MS, **scope))
    return None if value is UNDEFINED else value


DATA = load("data.yaml")
CASES = load("javascript.yaml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["of"])[:60])
def test_an_expression_means_what_it_means_in_javascript(case: dict[str, Json]) -> None:
    before = json.dumps(DATA)
    if "refused" in case:
        with pytest.raises(UnsupportedError) as refused:
            EVALUATOR.compile(case["of"])
        assert refused.value.reason == case["refused"]
    elif "throws" in case:
        with pytest.raises(ExpressionError) as thrown:
            evaluate(case["of"], DATA)
        assert thrown.value.details["kind"] == case["throws"]
    else:
        assert json.dumps(plain(evaluate(case["of"], DATA))) == json.dumps(plain(case["is"]))
    assert json.dumps(DATA) == before, "an expression changed an item"


def plain(value: Json) -> Json:
    """Return the value with all that JSON cannot tell apart made equal."""
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, float | int) and not isinstance(value, bool):
        return float(value)
    return value


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 250


@pytest.mark.parametrize("case", load("helpers.yaml"), ids=lambda case: str(case["of"])[:60])
def test_a_helper_does_what_people_expect(case: dict[str, Json]) -> None:
    scope = {"time_zone": case.get("zone", "UTC")}
    if "throws" in case:
        with pytest.raises(ExpressionError, match=case["throws"]):
            evaluate(case["of"], DATA, **scope)
    else:
        assert plain(evaluate(case["of"], DATA, **scope)) == plain(case["is"])


@pytest.mark.parametrize(
    ("source", "offset", "reason"),
    [
        ("$json.", 6, "ends too early"),
        ("1 +", 3, "ends too early"),
        ("", 0, "empty"),
        ("a) + (b", 0, "not one expression"),
        ("$json.a $json.b", 8, "unexpected"),
        ("{const x = 1}", 0, "unexpected"),
    ],
)
def test_what_does_not_parse_is_told_with_its_place(source: str, offset: int, reason: str) -> None:
    with pytest.raises(SyntaxProblem, match=reason) as told:
        EVALUATOR.compile(source)
    assert abs(told.value.offset - offset) <= 2


@pytest.mark.parametrize(
    ("source", "offset"),
    [
        ("a; b", 1),
        ("$json.a;", 7),
        ("'x;y'; 2", 5),
        ("f(a; b)", 3),
        ("[(1); 2]", 4),
        ("a.map(i => { return i; }); 1", 25),
    ],
)
def test_a_semicolon_after_an_expression_is_the_fault(source: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem, match="unexpected `;`: an expression is one value") as told:
        EVALUATOR.compile(source)
    assert told.value.offset == offset


@pytest.mark.parametrize(("source", "offset"), [("1 2; 3", 2), (";1", 0), ("`${1;2}`", 4)])
def test_what_is_wrong_before_a_semicolon_is_the_fault(source: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as told:
        EVALUATOR.compile(source)
    assert told.value.offset == offset


@pytest.mark.parametrize(
    ("source", "offset", "reason"),
    [
        ("1 + process.exit()", 4, "`process` is not defined"),
        ("$json.a + globalThis", 10, "`globalThis` is not defined"),
        ("require('fs')", 0, "`require` is not defined"),
        ("eval('1')", 0, "`eval` is not defined"),
        ("Function('return 1')()", 0, "`Function` is not defined"),
        ("async () => 1", 0, "async"),
        ("import('x')", 0, "import"),
        ("class {}", 0, "class"),
        ("$json.x = this", 10, "this"),
        ("tag`x`", 0, "tag"),
    ],
)
def test_what_is_not_compiled_is_told_with_its_place(source: str, offset: int, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason) as told:
        EVALUATOR.compile(source)
    assert abs(told.value.offset - offset) <= 3
