"""What an expression comes to is shown while it is written, on the items of the last run."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Faults
from .pages import Editor

START = {"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}
ITEMS = [{"n": 1}, {"n": 2}]


def given(editor: Editor, name: str) -> None:
    """Save and run a workflow whose last node can be given an expression, and choose that node."""
    nodes: list[dict[str, Any]] = [
        {
            "name": "double",
            "type": "core.set",
            "params": {"keep": "none", "fields": {"d": "{{ $json.n * 2 }}"}},
            "position": {"x": 300, "y": 0},
        },
        {
            "name": "keep",
            "type": "core.filter",
            "params": {"condition": "{{ $json.d > 0 }}"},
            "position": {"x": 600, "y": 0},
        },
    ]
    edges = [{"from": "start", "to": "double"}, {"from": "double", "to": "keep"}]
    editor.given(name, title="P", triggers=[START], nodes=nodes, edges=edges)
    editor.platform.run(name, ITEMS)
    # No run is shown: the items are those of the last one.
    editor.open(name)
    editor.choose("keep")
    expect(editor.panel.get_by_text("Result")).to_be_visible()


def write(editor: Editor, text: str) -> None:
    editor.write(editor.panel.get_by_role("textbox", name="Condition"), text)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("{{ $json.d }}", "2", "4"),
        ('{{ $("double").item.json.d + $items.length }}', "4", "6"),
        # Generators do not compile: these run in the jail.
        (
            "{{ [...(function* () { yield $json.d; yield 'jail' })()].join(' ') }}",
            "2 jail",
            "4 jail",
        ),
        (
            '{{ [...(function* () { yield $("double").first().json.d; yield $index })()] }}',
            "[2,0]",
            "[2,1]",
        ),
    ],
)
def test_both_engines_are_tried_item_by_item(
    editor: Editor, text: str, first: str, second: str, request: pytest.FixtureRequest
) -> None:
    given(editor, f"tried-{request.node.callspec.indices['text']}")
    write(editor, text)
    shown = editor.panel.get_by_text("Result").locator("xpath=..").locator("code")
    expect(shown).to_have_text(first)
    editor.panel.get_by_role("button", name="Next item").click()
    expect(editor.panel.get_by_text("item 2 of 2")).to_be_visible()
    expect(shown).to_have_text(second)


def test_variables_are_those_of_the_project(editor: Editor) -> None:
    rest = editor.platform.rest
    path = "/api/v1/projects/default/variables/RATE"
    assert rest.put(path, json={"value": "11"}).is_success
    given(editor, "rated")
    write(editor, "{{ 'rate ' + $vars.RATE }}")
    expect(editor.panel.get_by_text("rate 11")).to_be_visible()


def test_what_is_thrown_in_the_jail_is_told(editor: Editor, faults: list[Faults]) -> None:
    given(editor, "thrown")
    faults[0].expected.append("422")
    write(editor, "{{ (function* () { throw new TypeError('not like this') })().next() }}")
    expect(editor.panel.get_by_text("not like this")).to_be_visible()
