"""The keyboard while a node's fields are edited: what is typed there never reaches the nodes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from .conftest import Faults
from .pages import Editor

START = {"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}


def given(editor: Editor, name: str, total: str = "{{ $json.n * 2 }}") -> Locator:
    """Save and open a workflow with a Set node, choose that, and return the field for its value."""
    shape = {
        "name": "shape",
        "type": "core.set",
        "params": {"fields": {"total": total}},
        "position": {"x": 300, "y": 0},
    }
    edges = [{"from": "start", "to": "shape"}]
    editor.given(name, title="K", triggers=[START], nodes=[shape], edges=edges)
    editor.open(name)
    editor.choose("shape")
    return editor.panel.locator(".cm-content")


def test_an_emptied_expression_keeps_the_focus_and_its_mode(editor: Editor) -> None:
    field = given(editor, "emptied")
    field.click()
    for key in ("Control+a", "Backspace", "Backspace", "Delete", "Control+a", "Delete"):
        editor.page.keyboard.press(key)
    expect(field).to_be_focused()
    expect(field).to_have_text("")
    expect(editor.panel.get_by_role("button", name="Expression", pressed=True)).to_have_count(1)
    expect(editor.page.locator(".react-flow__node")).to_have_count(2)
    editor.page.keyboard.insert_text("{{ $json.n + 1 }}")
    editor.save()
    assert editor.saved("emptied")["nodes"][0]["params"]["fields"] == {"total": "{{ $json.n + 1 }}"}


def test_a_fixed_text_keeps_the_focus_while_it_becomes_an_expression(editor: Editor) -> None:
    field = given(editor, "becomes", "fixed")
    editor.write(field, "{{ $json.n }}")
    expect(field).to_be_focused()
    editor.panel.get_by_role("heading", name="shape").click()
    expect(editor.panel.get_by_role("button", name="Expression", pressed=True)).to_have_count(1)


@pytest.mark.parametrize("key", ["Delete", "Backspace", "d", "Control+d", "Control+x", "Control+a"])
def test_keys_leave_the_nodes_alone_when_the_panel_lost_the_focus(editor: Editor, key: str) -> None:
    name = f"lost-{key.lower().replace('+', '-')}"
    field = given(editor, name)
    field.click()
    editor.page.evaluate("document.activeElement.blur()")
    editor.page.keyboard.press(key)
    expect(editor.page.locator(".react-flow__node")).to_have_count(2)
    expect(editor.page.locator(".react-flow__node.selected")).to_have_count(1)
    expect(editor.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_keys_act_on_the_nodes_again_once_the_canvas_is_clicked(editor: Editor) -> None:
    given(editor, "clicked").click()
    editor.page.locator(".react-flow__pane").click(position={"x": 20, "y": 20})
    editor.page.keyboard.press("Control+a")
    expect(editor.page.locator(".react-flow__node.selected")).to_have_count(2)
    editor.page.keyboard.press("Delete")
    expect(editor.page.locator(".react-flow__node")).to_have_count(0)


def test_a_refused_save_names_the_node(editor: Editor, faults: list[Faults]) -> None:
    faults[0].expected.append("422")
    field = given(editor, "refused")
    editor.write(field, "{{ $json. }}")
    editor.page.keyboard.press("Control+s")
    toast = editor.page.get_by_role("alert").filter(has_text="shape · params.fields.total")
    expect(toast).to_be_visible()
    expect(editor.page.get_by_text("spec.nodes")).to_have_count(0)
