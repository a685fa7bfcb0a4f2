"""What a workflow risks is told on its node, in the list of problems, and in the node's properties."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from .pages import Editor

HOOK = {
    "name": "door",
    "type": "trigger.webhook",
    "params": {"path": "in"},
    "position": {"x": 0, "y": 0},
}
CALL = {
    "name": "call",
    "type": "http.request",
    "params": {"url": "http://example.com/orders"},
    "position": {"x": 320, "y": 0},
}


def test_risks_are_told_and_lead_to_their_nodes(editor: Editor) -> None:
    edges = [{"from": "door", "to": "call"}]
    editor.given("risky", title="R", triggers=[HOOK], nodes=[CALL], edges=edges)
    editor.open("risky")
    page = editor.page
    expect(editor.node("door").get_by_label("1 warning")).to_be_visible()
    expect(editor.node("call").get_by_label("1 warning")).to_be_visible()
    page.get_by_role("button", name="2 warnings").click()
    told = page.get_by_role("list", name="Problems and warnings")
    told.get_by_role("button", name="call: ").click()
    expect(editor.panel.get_by_role("heading", name="call")).to_be_visible()
    expect(editor.panel.get_by_role("list", name="Warnings")).to_contain_text("https://")
    editor.panel.get_by_role("textbox", name="Url").fill("https://example.com/orders")
    expect(editor.node("call").get_by_label("1 warning")).to_have_count(0)
    expect(page.get_by_role("button", name="1 warning")).to_be_visible()


def test_a_fault_comes_before_what_is_risky(editor: Editor) -> None:
    nodes = [{**CALL, "params": {**CALL["params"], "body": "{{ $json.a }}"}}]  # type: ignore[dict-item]  # a mapping, as above
    editor.given("faulty-risk", title="F", nodes=json.loads(json.dumps(nodes)))
    editor.open("faulty-risk")
    editor.choose("call")
    editor.write(editor.panel.get_by_role("textbox", name="Body"), "{{ $json. }}")
    expect(editor.node("call").get_by_label("1 problem")).to_be_visible()
    editor.page.get_by_role("button", name="1 problem").click()
    told = editor.page.get_by_role("list", name="Problems and warnings")
    expect(told.get_by_role("button")).to_have_count(1)


def test_characters_that_nobody_sees_are_told_and_taken_out(editor: Editor) -> None:
    """They come along with what is pasted; in code they stand as a mark."""
    call = {**CALL, "params": {"url": "https://a.exam\u200bple.com/"}}
    code = {"name": "code", "type": "core.code", "params": {"code": "return [] // \u202e }"}}
    editor.given("hidden", title="H", nodes=[call, {**code, "position": {"x": 640, "y": 0}}])
    editor.open("hidden")
    expect(editor.node("call").get_by_label("1 warning")).to_be_visible()
    editor.choose("call")
    note = editor.panel.get_by_role("status").filter(has_text="U+200B")
    expect(note).to_contain_text("nobody sees")
    note.get_by_role("button", name="Remove them").click()
    expect(note).to_have_count(0)
    expect(editor.panel.get_by_role("textbox", name="Url")).to_have_value("https://a.example.com/")
    expect(editor.node("call").get_by_label("1 warning")).to_have_count(0)
    editor.choose("code")
    expect(editor.panel.locator(".cm-specialChar")).to_have_count(1)
    editor.panel.get_by_role("button", name="Remove them").click()
    expect(editor.panel.locator(".cm-specialChar")).to_have_count(0)
