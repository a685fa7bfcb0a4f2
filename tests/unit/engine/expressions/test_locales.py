"""Locales, time zones and dates: both engines answer what Node.js 20 with Luxon 3 answers."""

from __future__ import annotations

import pytest

from alur_engine.expressions import UNDEFINED, Evaluator, Json, Scope
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
    """Return the outcome of a case in the compiled engine, which must compile it."""
    compiled = EVALUATOR.compile(case["of"])
    try:
        value = compiled(Scope(DATA, now_ms=NOW_MS, time_zone=zone_of(case)))
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
