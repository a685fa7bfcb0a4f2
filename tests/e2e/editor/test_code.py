"""Code nodes: what is offered while one types, what the code wrote, and the line that failed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .pages import Editor

START = {"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}
BEFORE = {
    "name": "shape",
    "type": "core.set",
    "params": {"keep": "none", "fields": {"order.total": "{{ $json.n * 2 }}"}},
    "position": {"x": 300, "y": 0},
}


def given(editor: Editor, name: str, code: str, language: str = "javascript") -> None:
    """Save a workflow with a code node behind one that sets fields, run it, and open both."""
    params = {"language": language, "code": code}
    work = {
        "name": "work",
        "type": "core.code",
        "params": params,
        "position": {"x": 600, "y": 0},
    }
    edges = [{"from": "start", "to": "shape"}, {"from": "shape", "to": "work"}]
    editor.given(name, title="C", triggers=[START], nodes=[BEFORE, work], edges=edges)
    ended: dict[str, Any] = editor.platform.run(name, [{"n": 21}])
    editor.page.goto(f"/projects/default/workflows/{name}?run={ended['id']}")
    expect(editor.node("work").get_by_role("img").first).to_be_visible()
    editor.choose("work")


def code(editor: Editor) -> Locator:
    return editor.panel.get_by_role("textbox", name="Code")


@pytest.mark.parametrize(
    ("language", "typed", "wanted"),
    [
        ("javascript", "$json.or", "$json.order.total"),
        ("javascript", '$("shape").first().json.or', '$("shape").first().json.order.total'),
        ("javascript", "DateT", "DateTime"),
        ("python", "_json.or", "_json.order.total"),
        ("python", "_inp", "_input.all()"),
    ],
)
def test_fields_that_were_seen_are_offered(
    editor: Editor, language: str, typed: str, wanted: str
) -> None:
    # A name for each: what was drawn before would still be on the canvas.
    name = f"offered-{language}-{len(typed)}"
    given(editor, name, "return items" if language == "python" else "return items;", language)
    # What is offered comes from the items of the shown run.
    expect(editor.page.get_by_role("table", name="Input")).to_be_visible()
    code(editor).click()
    editor.page.keyboard.press("Control+a")
    editor.page.keyboard.press("Delete")
    editor.page.keyboard.insert_text(typed[:-1])
    editor.page.keyboard.press(typed[-1])
    option = editor.page.get_by_role("option").filter(has_text=wanted)
    expect(option.first).to_be_visible()
    option.first.click()
    expect(code(editor)).to_have_text(wanted)


@pytest.mark.parametrize(
    ("typed", "first", "absent"),
    [
        ("$now.plus({ days: 1 }).toF", "toFormat", "toFixed"),
        ("items[0].json.ord", "order", "toFixed"),
        ("console.wa", "warn", "toFixed"),
        ('$("sha', "shape", "toFixed"),
    ],
)
def test_what_is_offered_fits_what_stands_before(
    editor: Editor, typed: str, first: str, absent: str
) -> None:
    given(editor, f"fits-{len(typed)}", "return items;")
    expect(editor.page.get_by_role("table", name="Input")).to_be_visible()
    editor.write(code(editor), typed[:-1])
    editor.page.keyboard.press(typed[-1])
    options = editor.page.get_by_role("option")
    expect(options.first).to_have_text(first)
    expect(options.filter(has_text=absent)).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("javascript", "console.log('saw', $json.order.total);\nreturn items;"),
        ("python", "print('saw', _json.order.total)\nreturn items"),
    ],
)
def test_what_the_code_wrote_is_shown_with_its_run(
    editor: Editor, language: str, text: str
) -> None:
    given(editor, f"writes-{language}", text, language)
    expect(editor.page.get_by_role("region", name="Log").get_by_text("saw 42")).to_be_visible()


def test_the_line_that_failed_is_marked_until_it_is_changed(editor: Editor) -> None:
    given(editor, "breaks", "console.log('before');\nreturn $json.missing.field;")
    expect(editor.page.get_by_role("region", name="Log").get_by_text("before")).to_be_visible()
    faulty = editor.panel.locator(".cm-faulty")
    expect(faulty).to_have_text("return $json.missing.field;")
    expect(editor.panel.get_by_role("alert").filter(has_text="line 2")).to_be_visible()
    editor.write(code(editor), "return items;")
    expect(faulty).to_have_count(0)


def test_braces_in_code_are_no_expression(editor: Editor) -> None:
    given(editor, "braces", "return [{ a: `{{ ${1} }}` }];")
    expect(code(editor)).to_contain_text("return [{ a:")
    expect(editor.panel.get_by_role("group", name="How Code is given")).to_have_count(0)


def test_code_is_written_in_a_large_window_as_well(editor: Editor) -> None:
    given(editor, "large", "return items;")
    editor.panel.get_by_role("button", name="Enlarge").click()
    editor.write(editor.dialog.get_by_role("textbox", name="Code"), "return [];")
    editor.page.keyboard.press("Escape")
    expect(editor.dialog).to_have_count(0)
    expect(code(editor)).to_have_text("return [];")


def test_the_key_that_runs_the_workflow_adds_no_line_to_the_code(editor: Editor) -> None:
    given(editor, "run-by-key", "return items;")
    code(editor).click()
    editor.page.keyboard.press("Control+Enter")
    expect(editor.page.get_by_role("dialog")).to_be_visible()
    expect(code(editor)).to_have_text("return items;")
    expect(code(editor).locator(".cm-line")).to_have_count(1)
