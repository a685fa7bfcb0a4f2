"""The palette: one search for nodes, commands, workflows, executions and pages."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from .pages import Editor

SPEC: dict[str, Any] = {
    "triggers": [{"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}],
    "nodes": [
        {"name": "weigh", "type": "core.noop", "position": {"x": 300, "y": 0}},
        {"name": "wrap", "type": "core.noop", "position": {"x": 600, "y": 0}},
    ],
    "edges": [{"from": "start", "to": "weigh"}, {"from": "weigh", "to": "wrap"}],
}


def searched(page: Page, words: str) -> Locator:
    """Open the palette by keyboard, type, and return what it found."""
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=re.compile("^Search nodes, workflows"))
    expect(field).to_be_focused()
    field.fill(words)
    return page.get_by_role("option")


def test_a_node_is_found_and_chosen(editor: Editor) -> None:
    editor.given("found", title="Found", **SPEC)
    editor.open("found")
    searched(editor.page, "wrap").first.press("Enter")
    expect(editor.panel.get_by_role("heading", name="wrap")).to_be_visible()


def test_a_command_is_done_from_within_a_field(editor: Editor) -> None:
    editor.given("commanded", title="C", **SPEC)
    editor.open("commanded")
    editor.page.get_by_label("Title of the workflow").click()
    expect(searched(editor.page, "document")).to_have_count(1)
    editor.page.keyboard.press("Enter")
    expect(editor.dialog.get_by_text("What a file, kubectl and the API carry")).to_be_visible()
    editor.page.keyboard.press("Control+k")
    expect(editor.dialog).to_have_count(1)


def test_a_node_is_added_by_its_type(editor: Editor) -> None:
    editor.given("grown", title="G", **SPEC)
    editor.open("grown")
    searched(editor.page, "add filter")
    editor.page.keyboard.press("Enter")
    expect(editor.panel.get_by_role("heading", name="filter")).to_be_visible()


def test_a_workflow_and_its_execution_are_found_from_another_page(editor: Editor) -> None:
    editor.given("far-away", title="Zebra counting", **SPEC)
    ended = editor.platform.run("far-away", [{}])["id"]
    page = editor.page
    page.goto("/projects/default/credentials")
    expect(page.get_by_role("heading", name="Credentials", exact=True)).to_be_visible()
    searched(page, "zebra").filter(has_text="Zebra counting").click()
    expect(editor.node("wrap")).to_be_visible()
    searched(page, ended)
    page.keyboard.press("Enter")
    expect(page.get_by_text(ended, exact=True)).to_be_visible()
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("option", name="Credentials").click()
    expect(page.get_by_role("heading", name="Credentials", exact=True)).to_be_visible()


def test_what_is_not_there_is_said(editor: Editor) -> None:
    editor.page.goto("/projects/default/workflows")
    expect(editor.page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
    expect(searched(editor.page, "qqqq")).to_have_count(0)
    expect(editor.dialog.get_by_text("Nothing matches “qqqq”.")).to_be_visible()
    editor.page.keyboard.press("Escape")
    expect(editor.dialog).to_have_count(0)
