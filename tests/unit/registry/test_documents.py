from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_registry.domain.cursors import decode_cursor, encode_cursor
from alur_registry.domain.workflow_documents import merge_patch
from alur_sdk.errors import InvalidError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)

# RFC 7396, appendix A.
EXAMPLES: list[tuple[object, object, object]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "merged"), EXAMPLES)
def test_a_merge_patch_follows_its_rfc(target: object, patch: object, merged: object) -> None:
    assert merge_patch(target, patch) == merged


@given(target=JSON, patch=JSON)
def test_a_merge_changes_neither_side_and_repeats(target: object, patch: object) -> None:
    before = copy.deepcopy((target, patch))
    merged = merge_patch(target, patch)
    assert (target, patch) == before
    assert merge_patch(merged, patch) == merged


def test_a_bottomless_patch_is_refused() -> None:
    patch: dict[str, object] = {}
    for _ in range(900):
        patch = {"a": patch}
    with pytest.raises(InvalidError):
        merge_patch({}, patch)


@given(st.lists(st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_cursor_comes_back_as_it_went(values: list[object]) -> None:
    assert decode_cursor(encode_cursor(values), len(values)) == values


@given(st.text(max_size=40))
def test_no_text_breaks_a_list(text: str) -> None:
    try:
        values = decode_cursor(text, 2)
    except InvalidError:
        return
    assert values is not None
    assert len(values) == 2
