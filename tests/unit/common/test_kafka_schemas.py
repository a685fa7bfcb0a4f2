"""What is published of events: their schemas never lose or change a field, and the description names all of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alur_common.kafka.asyncapi import document
from alur_common.kafka.schemas import breaks, schema_of
from alur_common.kafka.topics import TOPICS, Topic

ROOT = Path(__file__).parents[3]
EVENTS = "docs/reference/events"


def _earlier(name: str) -> dict[str, Any] | None:
    """Return the schema on the main branch, None when it was not there."""
    shown = subprocess.run(  # noqa: S603  # a name of ours
        ["git", "show", f"main:{EVENTS}/{name}.schema.json"],  # noqa: S607  # git is where the user has it
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found: dict[str, Any] | None = json.loads(shown.stdout) if shown.returncode == 0 else None
    return found


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_an_event_keeps_what_it_has_on_main(topic: Topic) -> None:
    earlier = _earlier(topic.name)
    assert earlier is None or breaks(earlier, schema_of(topic)) == []


def test_a_field_that_goes_changes_or_is_demanded_breaks_an_event() -> None:
    before = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
    after = {
        "properties": {"a": {"type": "integer"}, "c": {"type": "string"}}, "required": ["c"]
    }  # fmt: skip
    assert breaks(before, after) == ["a is changed", "b is gone", "c is demanded"]
    assert breaks(before, {"properties": {**before["properties"], "c": {"type": "null"}}}) == []


def test_the_description_names_every_topic_and_who_reads_it() -> None:
    described = document()
    addresses = {channel["address"] for channel in described["channels"].values()}
    assert addresses == {topic.name for topic in TOPICS}
    readers = {n for n, o in described["operations"].items() if o["action"] == "receive"}
    expected = {f"{g}.on{t.event.__name__}" for t in TOPICS for g in t.groups}
    assert readers == expected
    assert described["info"]["title"] == "Alur events"
