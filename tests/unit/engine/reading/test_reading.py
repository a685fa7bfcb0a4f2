"""Text from outside becomes plain JSON values, or is refused with its place."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_engine.reading import (
    MAX_DEPTH,
    lines_of,
    read_documents,
    repeated_keys,
    unfit_values,
    write_yaml,
)
from alur_sdk.errors import InvalidError, TooLargeError
from tests.support.growth import LINEAR, growth

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def bomb() -> str:
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    return "\n".join(["a0: &a0 [x]", *lines])


REFUSED = {
    "an alias bomb": (bomb(), None, "aliases"),
    "an alias within its own anchor": ("a: &x [*x]", "a[0]", "*x"),
    "a tag that makes an object": ("a: !!python/object/apply:os.system ['id']", "a", "tag"),
    "a tag of one's own": ("a: !secret x", "a", "tag"),
    "a tag that does not fit": ("a: !!int x", "a", "tag"),
    "binary": ("a: !!binary aGk=", "a", "tag"),
    "a repeated key in YAML": ("a: 1\nb:\n  c: 1\n  c: 2", "b.c", "line 4"),
    "a repeated key in JSON": ('{"a": {"b": 1, "b": 2}}', "a.b", "twice"),
    "NaN in YAML": ("a: .nan", "a", "no JSON number"),
    "infinity in YAML": ("a: [1, -.inf]", "a[1]", "no JSON number"),
    "NaN in JSON": ('{"a": NaN}', "", "NaN"),
    "a number that is infinite as a double": ('{"a": 1e999}', "a", "Infinity"),
    "a whole number beyond 64 bits": ("a: 18446744073709551616", "a", "64 bits"),
    "a long whole number in JSON": ('{"a": ' + "9" * 5000 + "}", "", "64 bits"),
    "half of a surrogate pair": ('{"a": "\\ud800"}', "a", "surrogate"),
    "half of a surrogate pair as a key": ('{"\\ud800": 1}', "", "surrogate"),
    "half of a surrogate pair in YAML": ('a: "\\ud800"', "", "line 1"),
    "a key that is a number": ("1: a", "", "quotes"),
    "a key that is a truth value": ("true: a", "", "quotes"),
    "a key that is a list": ("? [a]\n: 1", "", "a key is text"),
    "an expression without quotes": ("a: {{ $json.x }}", "a", "quotes"),
    "a merge key": ("a: &x {b: 1}\nc:\n  <<: *x", "c", "merge"),
    "JSON 10,000 deep": ("[" * 10_000 + "]" * 10_000, "", "deep"),
    "objects 300 deep": ('{"a":' * 300 + "1" + "}" * 300, None, "deep"),
    "YAML 10,000 deep": ("- " * 10_000 + "a", None, "deep"),
    "brackets without end": ("[" * 10_000, None, "deep"),
    "no YAML at all": ("a: b: c", "", "line 1, column 5"),
    "a line too deep": ("a:\n  - b: 1\n     c: 2", "", "(this line is indented deeper than it may be"),
    "a line not deep enough": ("a:\n  - b: 1\n  c: 2", "", "below its first word)"),
    "a tab": ("a:\n\tb: 1", "", "(indent by spaces"),
    "neither JSON nor YAML": ('{"a": }}', "", "JSON"),
    "a tab as indentation": ("a:\n\t- b", "", "line 2"),
    "a NUL": ("\0", "", "control characters"),
    "bytes that are no UTF-8": (b"a: 1\nb: \xff", "", "line 2"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "word"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(text: str | bytes, path: str | None, word: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_documents(text)
    assert word in refused.value.message
    assert path is None or path == refused.value.problems[0].path


def test_what_is_too_large_is_refused_unread() -> None:
    with pytest.raises(TooLargeError, match="at most 100"):
        read_documents("a" * 101, limit=100)


def test_words_mean_what_they_say() -> None:
    text = (
        "[yes, no, on, off, y, 12:30:45, 2024-01-01, 007, 0x1F, 0o17, 1e3, .5, -0, ~, null, true]"
    )
    expected = ["yes", "no", "on", "off", "y", "12:30:45", "2024-01-01", "007"]
    assert read_documents(text) == [[*expected, 31, 15, 1000.0, 0.5, 0, None, None, True]]


def test_quotes_and_the_text_tag_keep_text() -> None:
    assert read_documents("[\"1\", 'true', !!str 12, ! 13]") == [["1", "true", "12", "13"]]


def test_finding_a_repeated_key_takes_time_that_grows_with_the_text_alone() -> None:
    def read(size: int) -> None:
        keys = ",".join(f'"k{n}":1' for n in range(size))
        found = repeated_keys(f'{{"a":1,"a":1,{keys},"b":1,"b":1}}'.encode())
        assert [problem.path for problem in found] == ["a", "b"]

    assert growth(read, 1_500) < LINEAR


def test_a_long_key_is_not_written_before_each_member_that_it_has() -> None:
    members = ",".join("0" for _ in range(20_000))
    text = f'{{"a":1,"a":1,"{"k" * 20_000}":[{members}]}}'
    tracemalloc.start()
    try:
        assert [problem.path for problem in repeated_keys(text.encode())] == ["a"]
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_the_path_of_a_member_names_the_beginning_of_a_very_long_key() -> None:
    found = unfit_values({"k" * 1_000_000: [float("nan")]})
    assert [problem.path for problem in found] == [f"{'k' * 200}…[0]"]


def test_on_is_a_key_like_any_other() -> None:
    assert read_documents("on: {no: 1}") == [{"on": {"no": 1}}]


def test_aliases_are_read() -> None:
    assert read_documents("a: &x [1, 2]\nb: *x") == [{"a": [1, 2], "b": [1, 2]}]


def test_a_stream_holds_many_documents_and_empty_ones_are_left_out() -> None:
    assert read_documents("---\na: 1\n---\n# nothing\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_an_anchor_ends_with_its_document() -> None:
    with pytest.raises(InvalidError, match="names nothing"):
        read_documents("a: &x 1\n---\nb: *x")


def test_yaml_in_braces_is_yaml() -> None:
    assert read_documents("{a: 1, b: [x]}") == [{"a": 1, "b": ["x"]}]


def test_a_byte_order_mark_is_no_content() -> None:
    assert read_documents(b"\xef\xbb\xbf{}") == [{}]


def test_the_deepest_allowed_document_is_read() -> None:
    assert read_documents("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@given(PLAIN)
def test_json_comes_back_as_it_was(value: object) -> None:
    assert read_documents(json.dumps([value])) == [[value]]


@given(PLAIN)
def test_yaml_comes_back_as_it_was(value: object) -> None:
    assert read_documents(write_yaml([value])) == [[value]]


@pytest.mark.parametrize(
    "text", ["1e3", "0o17", "0x1F", ".5", "007", "yes", "~", "", "12:30", "=", "\x85"]
)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert read_documents(write_yaml({text: [text]})) == [{text: [text]}]


@given(st.text() | st.binary())
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with suppress(InvalidError):
        assert unfit_values(read_documents(text)) == []


TEXT = """\
# a comment
kind: Workflow
spec:
  nodes:
    - name: a
      type: core.set
      params:
        fields: {"x.y": 1}
---
---
{"spec": {"nodes": [
  {"name": "b"}
]}}
"""


@pytest.mark.parametrize(
    ("document", "path", "line"),
    [
        (0, "spec.nodes[0].type", 6),
        (0, 'spec.nodes[0].params.fields["x.y"]', 8),
        (0, "spec.nodes[0].timeout", 5),
        (0, "metadata.name", None),
        (0, "spec.nodesx", 3),
        (0, "", None),
        (1, "spec.nodes[0].name", 12),
        (2, "spec", None),
    ],
)
def test_the_line_of_a_part_is_found(document: int, path: str, line: int | None) -> None:
    assert lines_of(TEXT, document, [path]) == {path: line}


def test_a_text_that_cannot_be_read_has_no_lines() -> None:
    assert lines_of("a: [", 0, ["a"]) == {"a": None}


def test_the_lines_of_many_parts_are_found_at_once() -> None:
    paths = ["spec.nodes[0].params", "kind", "spec.nodes[0].name", "spec.edges"]
    assert list(lines_of(TEXT, 0, paths).values()) == [7, 2, 5, 3]


@pytest.mark.parametrize("text", ["a: 1\n? [x]\n: 2\nb: 3", "[" * 5000, "a: &x [1]\nb: *x"])
def test_odd_texts_have_lines_or_none(text: str) -> None:
    assert lines_of(text, 0, ["b[0]"])["b[0]"] in {None, 2, 4}
