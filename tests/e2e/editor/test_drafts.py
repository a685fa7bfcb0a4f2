"""What is drawn and not published: kept by itself, found again, and never written over somebody else's."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from .conftest import Faults
from .pages import API, Editor

SPEC: dict[str, Any] = {
    "triggers": [{"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}],
    "nodes": [{"name": "note", "type": "core.noop", "position": {"x": 300, "y": 0}}],
    "edges": [{"from": "start", "to": "note"}],
}
TITLE = "Title of the workflow"


def opened(editor: Editor, name: str) -> Page:
    editor.given(name, title="Published", **SPEC)
    editor.open(name)
    expect(editor.page.get_by_text("Saved", exact=True)).to_be_visible()
    return editor.page


def draw(page: Page, title: str) -> None:
    """Change the title and see that it is kept."""
    page.get_by_label(TITLE).fill(title)
    expect(page.get_by_text("Draft saved")).to_be_visible()


def kept(editor: Editor, name: str) -> str | None:
    """Return the title of the draft that the platform has, None without one."""
    answer = editor.platform.rest.get(f"{API}/{name}/draft")
    return None if answer.status_code == 404 else str(answer.json()["spec"]["title"])


def test_what_is_drawn_is_kept_by_itself_and_survives_a_reload(editor: Editor) -> None:
    page = opened(editor, "kept")
    draw(page, "Drawn")
    assert (kept(editor, "kept"), editor.saved("kept")["title"]) == ("Drawn", "Published")
    page.reload()
    expect(page.get_by_label(TITLE)).to_have_value("Drawn")
    expect(page.get_by_text("is not published yet")).to_be_visible()
    editor.save()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert (kept(editor, "kept"), editor.saved("kept")["title"]) == (None, "Drawn")


def test_leaving_at_once_keeps_what_was_typed(editor: Editor) -> None:
    page = opened(editor, "left")
    page.get_by_label(TITLE).fill("In a hurry")
    page.get_by_role("link", name="Back to the workflows").click()
    page.get_by_role("link", name=re.compile("left")).first.click()
    expect(page.get_by_label(TITLE)).to_have_value("In a hurry")


def test_undoing_everything_drops_the_draft(editor: Editor) -> None:
    page = opened(editor, "undone-draft")
    draw(page, "Drawn")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert kept(editor, "undone-draft") is None


def test_a_draft_can_be_discarded(editor: Editor) -> None:
    page = opened(editor, "discarded")
    draw(page, "Drawn")
    page.get_by_role("button", name="Actions for discarded").click()
    page.get_by_role("menuitem", name="Discard the draft").click()
    editor.dialog.get_by_role("button", name="Discard the draft").click()
    expect(page.get_by_label(TITLE)).to_have_value("Published")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert kept(editor, "discarded") is None


def test_two_who_draw_are_told_of_each_other(editor: Editor, faults: list[Faults]) -> None:
    page = opened(editor, "shared")
    other = page.context.new_page()
    other.goto("/projects/default/workflows/shared")
    other.get_by_label(TITLE).fill("Theirs")
    expect(other.get_by_text("Draft saved")).to_be_visible()
    faults[0].expected.append("412")
    page.get_by_label(TITLE).fill("Mine")
    page.get_by_role("button", name="Conflict").click()
    expect(editor.dialog.get_by_text("Somebody else drew here")).to_be_visible()
    assert kept(editor, "shared") == "Theirs"
    editor.dialog.get_by_role("button", name=re.compile("Load theirs")).click()
    expect(page.get_by_label(TITLE)).to_have_value("Theirs")
    page.get_by_label(TITLE).fill("Both")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    other.get_by_label(TITLE).fill("Theirs again")
    other.get_by_role("button", name="Conflict").click()
    other.get_by_role("dialog").get_by_role("button", name=re.compile("Keep mine")).click()
    expect(other.get_by_text("Draft saved")).to_be_visible()
    assert kept(editor, "shared") == "Theirs again"


def test_a_draft_of_an_older_version_asks_when_it_is_saved(
    editor: Editor, faults: list[Faults]
) -> None:
    page = opened(editor, "older")
    draw(page, "Drawn")
    editor.given("older", title="Newer", **SPEC)
    page.reload()
    expect(page.get_by_label(TITLE)).to_have_value("Drawn")
    faults[0].expected.append("412")
    page.keyboard.press("Control+s")
    expect(editor.dialog.get_by_text("Somebody saved before you")).to_be_visible()
    editor.dialog.get_by_role("button", name=re.compile("Load theirs")).click()
    expect(page.get_by_label(TITLE)).to_have_value("Newer")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert kept(editor, "older") is None


def test_a_draft_that_cannot_be_drawn_leaves_the_published_one(editor: Editor) -> None:
    editor.given("odd", title="Published", **SPEC)
    rest = editor.platform.rest
    assert rest.put(f"{API}/odd/draft", json={"kind": "half"}).is_success
    editor.open("odd")
    draw(editor.page, "Drawn")
    assert kept(editor, "odd") == "Drawn"
