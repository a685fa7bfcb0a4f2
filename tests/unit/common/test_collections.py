"""What is declared of collections agrees with itself, and with the page that people read."""

from __future__ import annotations

from pathlib import Path

import pytest

from alur_common.documents.port import Collection
from tools.storage import COLLECTIONS, page

ROOT = Path(__file__).parents[3]


def test_the_page_of_what_is_stored_is_the_generated_one() -> None:
    assert (ROOT / "docs/reference/storage.md").read_text() == page()


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
def test_a_declaration_is_whole(collection: Collection) -> None:
    assert collection.holds
    assert collection.owner
    assert collection.ttl is None or collection.ttl in collection.fields
    # On a sharded server a unique index must begin with the shard key.
    if any(index.unique for index in collection.indexes):
        assert collection.shard_key == ()
    else:
        assert collection.shard_key == ("id",)
