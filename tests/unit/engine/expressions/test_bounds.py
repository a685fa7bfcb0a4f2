"""What a few characters, of an author or of data, must not make endless."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_engine.expressions import Evaluator, Scope
from alur_engine.expressions.normal_forms import Form, normalized
from alur_sdk.errors import LimitError

EVALUATOR = Evaluator()
MARKS = "\u0300\u0316\u0327\u0345\u0334\u0f71\u0f73\u0f75\u0f81\u1dce\u3099\uff9e\uff9f"
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
DOUBLED = ",".join(str(number) for number in range(40))


def evaluated(source: str, **json: object) -> object:
    return EVALUATOR.template("{{ " + source + " }}")(Scope(json))


@given(st.text(MARKS + "ae\u1ec7\uac00", max_size=60), st.integers(1, 12), st.sampled_from(FORMS))
def test_normal_forms_are_those_of_unicode(text: str, times: int, form: Form) -> None:
    assert normalized(form, text * times) == unicodedata.normalize(form, text * times)


@pytest.mark.parametrize("source", ["$json.name.normalize()", "$json.name.localeCompare('a')"])
def test_marks_without_end_are_put_into_order_at_once(source: str) -> None:
    """By insertion, as Python does it, these would take several minutes."""
    assert evaluated(source, name="a" + "\u0300\u0316" * 200_000)


@pytest.mark.parametrize("part", ["[@, @] | ", "{a: @, b: @} | "])
@pytest.mark.parametrize("end", ["@", "to_string(@)"])
def test_a_query_that_doubles_its_data_again_and_again_is_refused(part: str, end: str) -> None:
    with pytest.raises(LimitError):
        evaluated(f"$jmespath($json, '{part * 60}{end}')", a=1)


@pytest.mark.parametrize("use", ["{a}", "({x: {a}})", "String({a})"])
def test_a_list_that_holds_itself_doubled_again_and_again_is_refused(use: str) -> None:
    with pytest.raises(LimitError):
        evaluated(use.replace("{a}", f"[{DOUBLED}].reduce((a) => [a, a], 1)"))


# Each would take gigabytes, or minutes, if what is made were looked at only once it is there.
HUNGRY = (
    "Array(500000).fill($json.text)",
    "[[Array(600).fill($json.text)], [Array(600).fill($json.text)]]",
    "parseInt(Array(500000).fill($json.text))",
    "+Array(500000).fill($json.text)",
    "Array(500000).fill($json.text) == 1",
    "({})[Array(500000).fill($json.text)]",
    "encodeURIComponent(Array(500000).fill($json.text))",
    "Array(500000).fill($json.text).toJsonString()",
    "Array(50000).fill($json.text).map(JSON.stringify).length",
    "Array(50000).fill($json.text).map(x => x.quote()).length",
    "Array(10000).fill(0).map(() => +$json.list).length",
    "Array(10000).fill(0).map(() => $json.list == 1).length",
    "Array(10000).fill(0).map(() => String($json.list)).length",
    "`" + "${$json.text}" * 4_000 + "`.length",
    "''.concat(...Array(5000).fill($json.text)).length",
    "$json.text.replace($json.text, '$&'.repeat(5000)).length",
    "$json.text.replace(/x+/, '$&'.repeat(5000)).length",
    "$json.text.replace(/x$/, '$`'.repeat(5000)).length",
    "(l => [].concat(...Array(3000).fill(l)).length)(Array(30000).fill(0))",
    "(l => [" + "...l," * 3_000 + "].length)(Array(30000).fill(0))",
)
STARVED = f"""
import resource
from alur_engine.expressions import Evaluator, Scope
from alur_sdk.errors import LimitError
evaluator = Evaluator()
data = {{"text": "x" * 100_000, "list": ["x" * 100_000] * 100}}
evaluator.template("{{{{ [1].map(x => x) }}}}")(Scope(data))
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + (300 << 20),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
for source in {HUNGRY!r}:
    try:
        evaluator.template("{{{{ " + source + " }}}}")(Scope(data))
    except LimitError:
        continue
    raise SystemExit("not refused: " + source)
"""


def test_what_holds_a_long_text_many_times_is_refused_before_it_is_written_out() -> None:
    """In a process that may have 300 MiB and thirty seconds of processor for all of them."""
    ended = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", STARVED], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


SEARCHES = ("extractDomain", "extractEmail", "extractUrl")
ENDLESS = f"""
import resource
from alur_engine.expressions import Evaluator, Scope
evaluator = Evaluator()
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
for text in (("a" * 63 + ".") * 1560, "a." * 50_000, "a@" * 50_000, "http://" * 14_000, "a" * 100_000):
    for name in {SEARCHES!r}:
        source = "{{{{ [1, 2, 3].map(() => $json.text." + name + "()).length }}}}"
        assert evaluator.template(source)(Scope({{"text": text}})) == 3
"""


def test_what_is_looked_for_in_a_text_is_found_in_the_time_that_reading_it_takes() -> None:
    """By a search that tries everything, the first of these would take four seconds each time."""
    ended = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", ENDLESS], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


ONCE = "/{pattern}/.test($json.text)"
OFTEN = "Array(30).fill(0).map(() => $json.text.replace(/{pattern}/g, '')).length"


@pytest.mark.parametrize(
    ("use", "pattern"),
    [(ONCE, "a[ab]{900}c"), (ONCE, "(a|b)*a[ab]{300}c|x"), (OFTEN, "(a|b)*a[ab]{20}c")],
)
def test_a_pattern_with_many_places_is_refused_where_it_would_take_seconds(
    use: str, pattern: str
) -> None:
    with pytest.raises(LimitError):
        evaluated(use.replace("{pattern}", pattern), text="abbabaab" * 125_000)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{4}-\d{2}-\d{2}",
        r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
        r"(?:\+?\d{1,3})?[-. (]*\d{3}[-. ]*\d{4}",
        r"[^\s@]+@",
    ],
)
def test_a_pattern_of_every_day_goes_through_a_million_characters(pattern: str) -> None:
    text = "an order of Jane Doe costs 12.50 EUR; " * 26_000
    assert evaluated(f"/{pattern}/.test($json.text)", text=text) is False
    assert evaluated(f"$json.text.replaceAll(/{pattern}/g, '').length", text=text) == len(text)


def test_a_text_of_many_expressions_is_bounded() -> None:
    text = EVALUATOR.template("{{ $json.text }}" * 4_000)
    assert len(text(Scope({"text": "x" * 1_000}))) == 4_000_000
    with pytest.raises(LimitError):
        text(Scope({"text": "x" * 100_000}))


def test_a_long_text_within_the_limits_goes_through() -> None:
    text = "x" * 1_000_000
    assert evaluated("Array(20).fill($json.text)", text=text) == [text] * 20
    assert evaluated("Array(20).fill($json.text).join('-')", text=text) == "-".join([text] * 20)
    assert evaluated("$json[$json.list]", list=["text"], text="found") == "found"
