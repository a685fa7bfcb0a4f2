from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_engine.journal import JournalEntry, Resolved, decode_entry, encode_entry
from alur_sdk.items import Item, Outputs

FALSY: st.SearchStrategy[Any] = st.sampled_from([None, 0, 0.0, "", False, [], {}])
ITEMS = st.lists(st.builds(Item, st.just({}), st.none(), st.just(0)), max_size=2)
OUTPUTS: st.SearchStrategy[Outputs] = st.dictionaries(st.sampled_from(["main", "error"]), ITEMS)
FIELDS = {"outputs": OUTPUTS, "size": st.just(0), "item": st.sampled_from([None, 0])}


@pytest.mark.parametrize("kind", get_args(JournalEntry), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_whatever_an_entry_holds_is_read_as_it_was_written(
    kind: type[Any], data: st.DataObject
) -> None:
    entry = kind(*(data.draw(FIELDS.get(name, FALSY)) for name in kind._fields))
    read = decode_entry(json.loads(json.dumps(encode_entry(entry))))
    assert type(read) is kind
    assert read == entry


@pytest.mark.parametrize(
    ("values", "item"),
    [
        (["resolved", "a", "", 1.0, "done", {}], None),
        (["resolved", "a", "", 1.0, "done", {}, 1], 1),
        (["resolved", "a", "", 1.0, "not-done", {}, 1], None),
        (["resolved", "a", "", 1.0, "fail", {}, 1], None),
    ],
)
def test_a_decision_that_an_older_version_wrote_means_what_it_meant_there(
    values: list[Any], item: int | None
) -> None:
    entry = decode_entry(values)
    assert isinstance(entry, Resolved)
    assert entry.item == item
