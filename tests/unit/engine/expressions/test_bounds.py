"""What a few characters, of an author or of data, must not make endless."""

from __future__ import annotations

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
