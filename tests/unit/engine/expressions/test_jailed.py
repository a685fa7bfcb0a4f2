"""The second engine means what the first one means: the same cases, through the jail."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Any

import pytest

from alur_engine.expressions import (
    UNDEFINED,
    Evaluator,
    Jailed,
    JailedJavaScript,
    Json,
    Limits,
    Scope,
    UnsupportedError,
)
from alur_engine.expressions.jailed import outcome_of
from alur_engine.expressions.problems import MistakeError
from alur_jail import Ears, RunLimits
from alur_sdk.errors import ExpressionError
from tests.support.jail import MIB, cell
from tests.unit.engine.expressions.generated import Generator
from tests.unit.engine.expressions.generated_times import Times
from tests.unit.engine.expressions.test_javascript import CASES, DATA, NOW_MS, load, plain
from tests.unit.engine.expressions.test_two_engines import plain as well_formed

JAILED = JailedJavaScript()
COMPILED = Evaluator()
GENERATED = int(os.environ.get("ALUR_TWO_ENGINES", "2000"))
BATCH = 250


QUICKJS_DIFFERS = {
    "({...null, ...undefined, ...[1,2], ...'hi'})": "it does not spread text into an object",
    "[3,1,2].sort((a,b) => a > b)": "the order is the implementation's to choose",
}


def prepared(source: str) -> Jailed:
    return JAILED.compile(source, Limits())


def repeated(what: str, _details: Json) -> Json:
    return {"asked": what}


async def jailed(
    sources: Sequence[str],
    items: list[Json],
    zone: str = "UTC",
    answer: Callable[[str, Json], Json] = repeated,
) -> list[list[Json]]:
    """Return, for each expression and each item, `[0, value]`, `[1]`, `[2, number]` or `[3, type, message]`."""
    request: dict[str, Any] = {
        "sources": [
            {"script": each.script, "changes": each.changes} for each in map(prepared, sources)
        ],
        "items": [{"json": item} for item in items],
        "indexes": list(range(len(items))),
        "now_ms": NOW_MS,
        "time_zone": zone,
    }
    ears = Ears(answer, print)
    async with cell() as made:
        told: list[list[Json]] = await made.jail.run(
            "acme", "expressions", request, RunLimits(30, 256 * MIB), ears
        )
        return told


def seen(told: Json) -> tuple[str, Json]:
    """Return an outcome as its kind and its JSON."""
    return (
        ("error", told[1]) if told[0] == 3 else ("value", plain(told[1] if told[0] == 0 else None))
    )


def compiled(source: str) -> tuple[str, Json]:
    try:
        value = COMPILED.compile(source)(Scope(DATA, now_ms=NOW_MS))
    except (UnsupportedError, MistakeError):
        return "refused", None
    except ExpressionError as error:
        return "error", error.details.get("kind", "Error")
    return "value", well_formed(None if value is UNDEFINED else value)


async def test_the_jail_answers_the_corpus_as_v8_does() -> None:
    cases = [
        case for case in CASES if "refused" not in case and case.get("throws") != "SyntaxError"
    ]
    told = await jailed([case["of"] for case in cases], [DATA])
    expected = [
        ("error", case["throws"]) if "throws" in case else ("value", plain(case["is"]))
        for case in cases
    ]
    pairs = zip(cases, map(seen, (each[0] for each in told)), expected, strict=True)
    differing = {case["of"]: (is_, should) for case, is_, should in pairs if is_ != should}
    assert differing.keys() == QUICKJS_DIFFERS.keys(), differing


async def test_the_jail_has_what_the_web_has() -> None:
    cases = load("web.yaml")
    told = await jailed([case["of"] for case in cases], [DATA])
    differing = {
        case["of"]: (outcome, case.get("is", case.get("throws")))
        for case, (outcome,) in zip(cases, told, strict=True)
        if seen(outcome)
        != (("error", case["throws"]) if "throws" in case else ("value", plain(case["is"])))
    }
    assert differing == {}


async def test_the_jail_has_the_helpers_with_their_meaning() -> None:
    differing = {}
    for zone in sorted({case.get("zone", "UTC") for case in load("helpers.yaml")}):
        cases = [case for case in load("helpers.yaml") if case.get("zone", "UTC") == zone]
        told = await jailed([case["of"] for case in cases], [DATA], zone)
        for case, (outcome,) in zip(cases, told, strict=True):
            kind, value = seen(outcome)
            is_right = kind == "error" if "throws" in case else value == plain(case["is"])
            if not is_right:
                differing[case["of"]] = (outcome, case.get("is"))
    assert differing == {}


@pytest.mark.parametrize("seed", range(max(GENERATED // BATCH, 1)))
async def test_both_engines_answer_generated_expressions_the_same(seed: int) -> None:
    generator, times = Generator(1000 + seed), Times(1000 + seed)
    makes = cycle([lambda: generator.expression(3), times.expression])
    sources = [make() for make in islice(makes, BATCH)]
    ours = [compiled(source) for source in sources]
    kept = [(source, own) for source, own in zip(sources, ours, strict=True) if own[0] != "refused"]
    told = await jailed([source for source, _ in kept], [DATA])
    theirs = [seen(each[0]) for each in told]
    differing = [
        (source, own, other)
        for (source, own), other in zip(kept, theirs, strict=True)
        if own != (other[0], well_formed(other[1]))
    ]
    assert differing == []


async def test_what_is_not_compiled_runs_in_the_jail_for_each_item() -> None:
    cases = {
        "(function () { let t = 0; for (let i = 0; i <= $json.n; i += 1) t += i; return t })()": [
            3,
            6,
        ],
        "[...(function* () { yield $json.n; yield 2 })()]": [[2, 2], [3, 2]],
        "/(?<=a)b/.test('ab')": [True, True],
        "new (class { get n() { return $json.n } })().n": [2, 3],
        "String.raw`a\\n${$json.n}`": ["a\\n2", "a\\n3"],
        "((a, { b = 2 } = {}) => a + b)($json.n)": [4, 5],
        "(() => { try { null.x } catch (error) { return error.name } })()": ["TypeError"] * 2,
        "`${10n ** 20n}`": ["1" + "0" * 20] * 2,
    }
    told = await jailed(list(cases), [{"n": 2}, {"n": 3}])
    answers = {
        source: [seen(each)[1] for each in of] for source, of in zip(cases, told, strict=True)
    }
    assert answers == {source: plain(values) for source, values in cases.items()}


async def test_an_expression_that_changes_what_javascript_is_made_of_changes_no_outcome() -> None:
    changes = [
        "Array.prototype.join = () => '[\"x\"]'",
        "Array.prototype.map = () => []",
        "Number.isFinite = () => false",
        "String.prototype.includes = () => true",
        "Function.prototype.call = () => 'x'",
    ]
    sources = [f"(() => {{ class A {{}}; {each}; return $json.n }})()" for each in changes]
    told = await jailed([*sources, "(class {}, $json.n)"], [{"n": 2}, {"n": 3}])
    assert told == [[[0, 2], [0, 3]]] * 6


@pytest.mark.parametrize(
    "told",
    [[2, "abc"], [2, 1], [0], [], None, "x", {"a": 1}, [3], [3, 1, 2], [4, 1], [0, 1, 2], ["x"]],
)
def test_an_outcome_that_is_none_is_an_error_of_its_expression(told: Json) -> None:
    with pytest.raises(ExpressionError, match="cannot be read"):
        outcome_of(told)


MARKED = [
    {"\0handle": 0},
    {"\0handle": 1e9, "\0kind": "DateTime"},
    {"\0date": 1, "\0undefined": True},
    {"\0pairs": [["a", 1]]},
    {"a": {"\0number": "1"}, "b": [{"\0pairs": 1, "__proto__": 2}]},
]


async def test_the_names_of_another_item_are_those_that_it_sees_itself() -> None:
    told = await jailed(
        [
            "$item(0).$node['a'].asked + $item(1).$node('a').first().asked",
            "$item(0)",
            "$item(0)?.$json.n",
            "$items()[1].json.n",
        ],
        [{"n": 1}, {"n": 2}],
        answer=lambda _what, details: {"asked": f"{details['part']} of {details['index']}, "},
    )
    assert [[seen(each)[1] for each in of] for of in told] == plain(
        [["item of 0, first of 1, "] * 2, [{"json": {"n": 1}}] * 2, [1, 1], [2, 2]]
    )


async def test_data_that_looks_like_the_marks_between_the_engines_stays_data() -> None:
    sources = [
        "$json.isEmpty()",
        "$json.compact()",
        "[$json, 1].compact()",
        "$jmespath($json, '@')",
    ]
    told = await jailed(["(DateTime.now(), " + source + ")" for source in sources], MARKED)
    answers = [[seen(each) for each in of] for of in told]
    expected = [
        [("value", plain(COMPILED.compile(source)(Scope(item, now_ms=NOW_MS)))) for item in MARKED]
        for source in sources
    ]
    assert answers == expected


async def test_an_expression_that_changes_data_changes_its_own_copy() -> None:
    sources = [
        "($json.list.push(9), $json.list)",
        "$json.list",
        "delete $json.list && $json",
        "$items.length",
    ]
    told = await jailed(sources, [{"list": [1]}, {"list": [2]}])
    assert [[seen(each)[1] for each in of] for of in told] == plain(
        [[[1, 9], [2, 9]], [[1], [2]], [{}, {}], [2, 2]]
    )


@pytest.mark.parametrize(
    "source",
    ["process.env", "require('fs')", "(() => other)()", "[1].map(x => y)", "import('fs').z"],
)
def test_a_name_that_nobody_knows_is_refused_before_it_runs(source: str) -> None:
    if source.startswith("import"):
        assert prepared(source).script == source
        return
    with pytest.raises(UnsupportedError, match="is not defined"):
        prepared(source)
