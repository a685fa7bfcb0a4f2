"""That a step buys about the same time everywhere: what large data takes is charged, or refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_engine.expressions import Evaluator, Limits, Scope, helped
from alur_engine.expressions.evaluator import CACHED_LONG, LONG
from alur_engine.expressions.limits import running
from alur_engine.expressions.methods.tables import BY_TYPE, trimmed
from alur_engine.expressions.regexes.program import Program, Span, Subject, compile_program
from alur_engine.expressions.values import Native
from alur_sdk.errors import AlurError, LimitError
from tests.support.growth import taken_by

EVALUATOR = Evaluator()
STEPS = Limits().steps
FREE_SECONDS = 0.15
SECONDS_OF_A_STEP = 20e-6
"""About twenty times what one takes, since others are at work on the machine as well."""
DATA: dict[str, Any] = {
    "blanks": " " * 900_000,
    "accents": "é" * 300_000,
    "few": "é" * 10_000,
    "faces": "😀x" * 100_000,
    "lines": "ab\r\n" * 100_000,
    "words": "one two three " * 30_000,
    "ids": list(range(3_000)),
    "known": list(range(5_000, 8_000)),
    "names": [f"name {number}" for number in range(5_000)],
    "lists": [[number, "x"] for number in range(50_000)],
}
EVERY_DAY = (
    "$json.blanks.replace(/ /g, '_').length",
    r"$json.blanks.replace(/\s+/g, ' ').length",
    r"$json.lines.split(/\r?\n/).length",
    r"$json.words.match(/\w+/g).length",
    r"$json.words.match(/\b\w+\b/g).length",
    "$json.faces.replace(/x/g, 'y').length",
    "$json.ids.filter(i => !$json.known.includes(i)).length",
    "$json.names.filter((x, i, all) => all.indexOf(x) === i).length",
    "$json.names.filter((x, i, all) => all.lastIndexOf(x) === i).length",
    "$json.lists.sort().length",
    "$json.few.split('').map((c, i) => $json.few.charCodeAt(i)).length",
)
DEAR = (
    "Array(900).fill(0).map((x, i) => $json.accents.charCodeAt(i) + $json.faces.length)",
    "Array(900).fill(0).map((x, i) => $json.accents.slice(i, i + 2) < $json.faces)",
    "Array(90).fill(0).map(() => /z/.test($json.accents))",
    "$json.faces.replace(/(x)/g, '$1y').length",
    "$json.lines.replace(/^/gm, '> ').length",
    "(a => { for (const x of $json.lists) { a.shift() } })(Array(300000).fill(0))",
    "(a => { for (const x of $json.lists) { a.splice(0, 1) } })(Array(300000).fill(0))",
    "Array(200000).fill(1.5).toLocaleString().length",
    "$json.accents.localeCompare($json.accents + 'b')",
    "'\ufdfa'.repeat(4000000).normalize('NFKC').length",
    "'\u0149'.repeat(16000000).toUpperCase().length",
    "Duration.fromMillis(1).toFormat('hh mm '.repeat(30000)).length",
    "$now.toFormat('yyyy '.repeat(200000)).length",
    "Array(20000).fill('UTC').map(z => $now.setZone(z).hour).length",
    "Array(20000).fill(1).map(n => $now.diff($now.plus({days: n}), 'days').days).length",
    "Array(10000).fill(1).map(n => $now.toLocaleString(DateTime.DATETIME_FULL)).length",
    "decodeURIComponent('%41'.repeat(1000000)).length",
    "atob('QUJD'.repeat(1000000)).length",
    r"'\n'.repeat(1000000).removeMarkdown().length",
    "$json.words.repeat(3).toTitleCase().length",
    "$json.words.repeat(3).toSnakeCase().length",
    "'a@'.repeat(500000).extractDomain()",
    "Array(90).fill('9'.repeat(1000000)).map(parseInt).length",
    "JSON.parse('[' + '1,'.repeat(2000000) + '1]').length",
)


def costs(source: str, data: object = DATA) -> tuple[object, float, int]:
    """Return the value, or the error, the seconds that it took and the steps that were charged."""
    compiled, scope = EVALUATOR.compile(source), Scope(data)

    def evaluated() -> object:
        try:
            return compiled(scope)
        except AlurError as error:
            return error

    return *taken_by(evaluated), STEPS - scope.steps_left


@pytest.mark.parametrize("source", EVERY_DAY)
def test_what_people_do_with_large_data_is_done_and_its_time_is_charged(source: str) -> None:
    value, seconds, steps = costs(source)
    assert not isinstance(value, AlurError)
    assert seconds < FREE_SECONDS + steps * SECONDS_OF_A_STEP / 4


@pytest.mark.parametrize("source", DEAR)
def test_what_goes_through_large_data_again_and_again_is_charged_or_refused(source: str) -> None:
    value, seconds, steps = costs(source)
    assert not isinstance(value, AlurError) or isinstance(value, LimitError)
    assert seconds < FREE_SECONDS + min(steps, STEPS) * SECONDS_OF_A_STEP / 4


SIMPLE = st.lists(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\s", r"\w", "é", "a?", "b{2}"]),
    min_size=1,
    max_size=4,
)


@given(
    SIMPLE, st.sampled_from(["", "+", "*"]), st.sampled_from(["", "i", "s"]), st.text("aAbé \n😀")
)
def test_a_simple_pattern_finds_the_same_by_both_ways(
    terms: list[str], end: str, flags: str, text: str
) -> None:
    try:
        program = compile_program("".join([*terms, "" if terms[-1][-1] in "?}" else end]), flags)
    except AlurError:
        return
    running.scope = None
    assert found_all(program, text) == found_all_by_re2(program, text)


def found_all(program: Program, text: str) -> list[list[Span]]:
    scope, subject, start = Scope(), Subject(program, text), 0
    scope.steps_left = STEPS
    found: list[list[Span]] = []
    while start <= subject.size and (spans := program.find(scope, subject, start)) is not None:
        found.append(spans)
        start = max(spans[0][1], start + 1)
    return found


def found_all_by_re2(program: Program, text: str) -> list[list[Span]]:
    plain, program.plain = program.plain, None
    try:
        return found_all(program, text)
    finally:
        program.plain = plain


LARGE: dict[type, Any] = {
    str: ["a b " * 250_000, "é<.@%" * 100_000, "\n" * 500_000],
    list: [[*range(25_000), *["name", 1.5, None] * 8_000]],
    dict: [{f"name {number}": number for number in range(50_000)}],
}


@pytest.mark.parametrize("kind", LARGE)
def test_no_method_takes_long_on_large_data_for_few_steps(kind: type) -> None:
    slow = {
        (name, len(given)): (seconds, steps)
        for receiver in LARGE[kind]
        for name, method in BY_TYPE[kind].items()
        for given in ((), ("a",), (receiver,), (3, "b"))
        for seconds, steps in [called(method, receiver, given)]
        if seconds > FREE_SECONDS + min(steps, STEPS) * SECONDS_OF_A_STEP / 4
    }
    assert slow == {}


def called(method: Native, receiver: Any, given: tuple[object, ...]) -> tuple[float, int]:  # noqa: ANN401  any value
    scope = Scope(time_zone="UTC")
    scope.steps_left, scope.bytes_left, scope.depth_left = STEPS, Limits().bytes, 60
    running.scope = scope
    if isinstance(receiver, list):
        receiver = list(receiver)

    def call() -> None:
        with suppress(AlurError, TypeError):
            trimmed(method, len(given), 2)(scope, receiver, *given)

    return taken_by(call)[1], STEPS - scope.steps_left


def test_few_long_expressions_are_kept_compiled() -> None:
    evaluator = Evaluator()
    sources = [f"$json.{'name' * LONG}{number}" for number in range(CACHED_LONG + 1)]
    first, *_, last = [evaluator.compile(source) for source in sources]
    assert evaluator.compile(sources[-1]) is last
    assert evaluator.compile(sources[0]) is not first


def test_code_is_prepared_for_the_jail_in_time_that_grows_with_its_length() -> None:
    """Each default value lies within those of all parameters around it."""
    code = "return [{}];$items();" + "(a=" * 2_000 + "1" + ")=>1" * 2_000
    many = "return x" + ".isEmpty()" * 5_000
    (first, second), seconds = taken_by(lambda: (helped(code), helped(many)))
    assert first == code.replace("$items", "$$items")
    assert second.count("$$(") == 5_000
    assert seconds < 4
