"""Locales, time zones and dates: both engines answer what Node.js 20 with Luxon 3 answers."""

from __future__ import annotations

import pytest

from alur_engine.expressions import (
    UNDEFINED,
    CompiledSubset,
    Evaluator,
    JailedJavaScript,
    Json,
    Scope,
)
from alur_engine.expressions.problems import MistakeError
from alur_sdk.errors import ExpressionError
from tests.unit.engine.expressions.test_jailed import jailed, seen
from tests.unit.engine.expressions.test_javascript import DATA, NOW_MS, load, plain

CASES = load("locales.yaml")
EVALUATOR = Evaluator()


def zone_of(case: Json) -> str:
    return str(case.get("zone", "UTC"))


def expected(case: Json) -> tuple[str, Json]:
    return ("error", case["throws"]) if "throws" in case else ("value", plain(case["is"]))


def compiled(case: Json) -> tuple[str, Json]:
    """Return the outcome of a case in the compiled engine, which compiles it, or knows it to be wrong."""
    try:
        value = EVALUATOR.compile(case["of"])(Scope(DATA, now_ms=NOW_MS, time_zone=zone_of(case)))
    except MistakeError:
        return "error", case.get("throws")
    except ExpressionError as error:
        return "error", error.details["kind"]
    return "value", plain(None if value is UNDEFINED else value)


def test_there_are_cases_enough_to_mean_something() -> None:
    assert len(CASES) >= 1_000
    assert sum("throws" in case for case in CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["of"])[:60])
def test_the_compiled_engine_answers_as_node_does(case: Json) -> None:
    assert compiled(case) == expected(case)


@pytest.mark.parametrize("zone", sorted({zone_of(case) for case in CASES}))
async def test_the_jail_answers_as_node_does(zone: str) -> None:
    cases = [case for case in CASES if zone_of(case) == zone]
    told = await jailed([case["of"] for case in cases], [DATA], zone)
    differing = {
        case["of"]: (outcome, expected(case))
        for case, (outcome,) in zip(cases, told, strict=True)
        if seen(outcome) != expected(case)
    }
    assert differing == {}


@pytest.mark.parametrize(
    ("source", "offset", "reason"),
    [
        ("new Date().toLocaleDateString('xx-YY')", 30, "the locale `xx-YY` is not supported"),
        ("$json.d.toLocaleString('de-DE', {wekday: 'long'})", 32, "no option `wekday`"),
        ("$json.d.toLocaleDateString('de', {weekday: 'loud'})", 33, "Value loud out of range"),
        ("new Intl.NumberFormat('en', {style: 'currency'})", 28, "Currency code is required"),
        ("Intl.DateTimeFormat('en', {timeZone: 'Mars/Base'})", 26, "Invalid time zone specified"),
        ("$json.a.localeCompare($json.b, 'en', {numerical: true})", 37, "no option `numerical`"),
        ("$now.startOf('fortnight')", 13, "Invalid unit fortnight"),
        ("$now.plus({dayz: 1})", 10, "Invalid unit dayz"),
        ("$json.t.toDateTime().diff($now, ['days', 'foo'])", 32, "Invalid unit foo"),
        ("$now.toLocaleString({month: 'lengthy'})", 20, "Value lengthy out of range"),
        ("DateTime.fromObject({yeer: 2024})", 20, "Invalid unit yeer"),
        ("$json.x.toLocaleUpperCase('not a locale')", 26, "Incorrect locale information"),
    ],
)
def test_a_wrong_literal_is_refused_at_save_with_its_place(
    source: str, offset: int, reason: str
) -> None:
    with pytest.raises(MistakeError, match=reason) as refused:
        Evaluator((CompiledSubset(), JailedJavaScript())).compile(source)
    assert refused.value.offset == offset


@pytest.mark.parametrize(
    "source",
    [
        "$json.n.toLocaleString('de-DE', {minimumFractionDigits: 2})",
        "$json.d.toLocaleString('de-DE', {weekday: 'long', year: $json.y})",
        "$json.d.toLocaleString($json.locale, {weekday: 'long'})",
        "$json.d?.startOf('fortnight')",
        "new Map().set({foo: 1})",
        "(startOf => startOf('fortnight'))(x => x)",
        "$now.toLocaleString({...DateTime.DATE_SHORT, weekday: 'short'})",
    ],
)
def test_what_may_be_right_is_compiled(source: str) -> None:
    assert EVALUATOR.compile(source) is not None


@pytest.mark.parametrize(
    "change",
    [
        "(DateTime.DATE_FULL.year = '2-digit', 1)",
        "Object.assign(DateTime.DATE_FULL, {year: '2-digit'})",
        "[DateTime.DATE_FULL].map(preset => { preset.year = '2-digit'; return preset })",
        "(delete DateTime.DATE_FULL.year, 1)",
    ],
)
async def test_no_expression_changes_a_preset_for_others(change: str) -> None:
    EVALUATOR.compile(change)(Scope(DATA))
    source = "DateTime.DATE_FULL"
    preset = {"year": "numeric", "month": "long", "day": "numeric"}
    assert EVALUATOR.compile(source)(Scope(DATA)) == preset
    told = await jailed([change, source], [DATA])
    assert seen(told[1][0]) == ("value", preset)
