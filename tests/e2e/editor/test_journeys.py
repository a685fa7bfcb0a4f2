"""What people do in the editor, in a real browser on a real platform."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.alur_dev import AlurDev, alur_dev

from .conftest import Faults, sign_in_link
from .pages import API, Editor

ORDERS = [{"total": 700}, {"total": 5}, {"total": 101}]
FILTER: dict[str, list[dict[str, Any]]] = {
    "triggers": [{"name": "start", "type": "trigger.manual", "position": {"x": 0, "y": 0}}],
    "nodes": [
        {
            "name": "large only",
            "type": "core.filter",
            "params": {"condition": "{{ $json.total > 100 }}"},
            "position": {"x": 300, "y": 0},
        }
    ],
    "edges": [{"from": "start", "to": "large only"}],
}


def test_a_sign_in_link_works_once(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with alur_dev(tmp_path_factory.mktemp("link") / "data") as platform:
        link = sign_in_link(platform.data)
        for wanted in ("Draw your first workflow", "This link was used already"):
            context = browser.new_context()
            page = context.new_page()
            page.goto(link)
            expect(page.get_by_text(wanted)).to_be_visible()
            assert "token" not in page.url
            context.close()


def test_who_is_not_signed_in_is_told_how(browser: Browser, platform: AlurDev) -> None:
    context = browser.new_context(base_url=platform.url)
    page = context.new_page()
    page.goto("/projects/default/workflows")
    expect(page.get_by_role("heading", name="Sign in to Alur")).to_be_visible()
    expect(page.get_by_text("alur dev").first).to_be_visible()
    context.close()


def test_a_workflow_is_made_drawn_run_and_seen(editor: Editor) -> None:
    page = editor.page
    page.goto("/")
    page.get_by_role("button", name="New workflow").first.click()
    editor.dialog.get_by_label("Title").fill("Large orders")
    editor.dialog.get_by_role("button", name="Create").click()
    expect(editor.node("start")).to_be_visible()

    editor.add_after("start", "filter")
    expect(editor.panel.get_by_role("heading", name="filter")).to_be_visible()
    editor.write(editor.panel.get_by_role("textbox", name="Condition"), "{{ $json.total > 100 }}")
    editor.add_after("filter", "set fields", port="kept")
    editor.save()
    spec = editor.saved("large-orders")
    assert spec["nodes"][0]["params"] == {"condition": "{{ $json.total > 100 }}"}
    assert [(e["from"], e["to"]) for e in spec["edges"]] == [
        ("start", "filter"),
        ("filter", "set fields"),
    ]

    editor.run(json.dumps(ORDERS))
    expect(page.get_by_role("status", name="Run: Succeeded")).to_be_visible()
    expect(editor.node("filter").get_by_label("Succeeded")).to_be_visible()
    editor.choose("filter")
    data = page.get_by_role("region", name="Data of filter")
    expect(data.get_by_role("table", name="Input").get_by_role("row")).to_have_count(4)
    output = data.get_by_role("table", name="Output")
    expect(output.get_by_role("row")).to_have_count(3)
    expect(output.get_by_role("cell", name="700")).to_be_visible()
    expect(editor.panel.get_by_text("Result")).to_be_visible()


def test_whoever_saves_second_is_asked(editor: Editor, faults: list[Faults]) -> None:
    editor.given("contested", title="Mine", **FILTER)
    editor.open("contested")
    editor.page.get_by_label("Title of the workflow").fill("Drawn")
    editor.given("contested", title="Theirs", **FILTER)
    faults[0].expected.append("412")
    editor.page.keyboard.press("Control+s")
    expect(editor.dialog.get_by_text("Somebody saved before you")).to_be_visible()
    assert editor.saved("contested")["title"] == "Theirs"
    editor.dialog.get_by_role("button", name=re.compile("Save mine over it")).click()
    expect(editor.page.get_by_text("Saved as version 3")).to_be_visible()
    assert editor.saved("contested")["title"] == "Drawn"


def test_their_version_can_be_loaded_instead(editor: Editor, faults: list[Faults]) -> None:
    editor.given("yielded", title="Mine", **FILTER)
    editor.open("yielded")
    editor.page.get_by_label("Title of the workflow").fill("Drawn")
    editor.given("yielded", title="Theirs", **FILTER)
    faults[0].expected.append("412")
    editor.page.keyboard.press("Control+s")
    editor.dialog.get_by_role("button", name=re.compile("Load theirs")).click()
    expect(editor.page.get_by_label("Title of the workflow")).to_have_value("Theirs")


def test_renaming_takes_the_references_along(editor: Editor) -> None:
    reader = {
        "name": "reader",
        "type": "core.set",
        "params": {"fields": {"a": '{{ $("large only").item.json.total }}'}},
        "position": {"x": 600, "y": 0},
    }
    edge = {"from": "large only", "output": "kept", "to": "reader"}
    nodes, edges = [*FILTER["nodes"], reader], [*FILTER["edges"], edge]
    editor.given("renamed", title="R", **{**FILTER, "nodes": nodes, "edges": edges})
    editor.open("renamed")
    editor.choose("large only")
    editor.page.keyboard.press("F2")
    editor.dialog.get_by_role("textbox").fill("big ones")
    editor.dialog.get_by_role("textbox").press("Enter")
    expect(editor.node("big ones")).to_be_visible()
    editor.save()
    spec = editor.saved("renamed")
    assert spec["nodes"][1]["params"]["fields"]["a"] == '{{ $("big ones").item.json.total }}'
    assert spec["edges"][1]["from"] == "big ones"


def test_a_case_keeps_its_wire_on_the_canvas_while_its_name_is_typed(editor: Editor) -> None:
    case = {"name": "big", "condition": True}
    nodes = [
        {"name": "by size", "type": "core.switch", "params": {"cases": [case]}},
        {"name": "a", "type": "core.noop"},
    ]
    edges = [{"from": "start", "to": "by size"}, {"from": "by size", "output": "big", "to": "a"}]
    editor.given("cases", title="C", triggers=FILTER["triggers"], nodes=nodes, edges=edges)
    editor.open("cases")
    editor.choose("by size")
    for name, port in (("", "(1)"), ("huge", "huge")):
        editor.panel.get_by_role("textbox", name="Name").fill(name)
        expect(editor.page.get_by_label(f"by size ({port}) → a", exact=True)).to_have_count(1)
    editor.save()
    assert editor.saved("cases")["edges"][1]["output"] == "huge"


def test_undo_and_redo_go_by_gestures(editor: Editor) -> None:
    editor.given("undone", title="U", **FILTER)
    editor.open("undone")
    before = editor.node("large only").bounding_box()
    assert before
    page = editor.page
    page.mouse.move(before["x"] + 90, before["y"] + 20)
    page.mouse.down()
    page.mouse.move(before["x"] + 150, before["y"] + 200, steps=8)
    page.mouse.up()
    moved = editor.node("large only").bounding_box()
    assert moved
    assert moved["y"] > before["y"] + 100
    undo = page.get_by_role("button", name="Undo", exact=True)
    undo.click()
    expect(undo).to_be_disabled()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(undo).to_be_enabled()


def test_a_fault_is_shown_at_its_node_and_field(editor: Editor) -> None:
    editor.given("faulty", title="F", **FILTER)
    editor.open("faulty")
    editor.choose("large only")
    editor.write(editor.panel.get_by_role("textbox", name="Condition"), "{{ $json. }}")
    expect(editor.panel.get_by_role("alert")).to_be_visible()
    expect(editor.node("large only").get_by_label("1 problem")).to_be_visible()


def test_a_circle_is_refused_with_its_reason(editor: Editor) -> None:
    nodes = [
        {"name": name, "type": "core.noop", "position": {"x": 300 * place, "y": 120}}
        for place, name in enumerate(("a", "b"), start=1)
    ]
    edges = [{"from": "start", "to": "a"}, {"from": "a", "to": "b"}]
    editor.given("circle", title="C", triggers=FILTER["triggers"], nodes=nodes, edges=edges)
    editor.open("circle")
    source = editor.node("b").locator(".react-flow__handle.source")
    target = editor.node("a").locator(".react-flow__handle.target")
    source.drag_to(target)
    expect(editor.page.get_by_text("That would close a circle")).to_be_visible()
    expect(editor.page.locator(".react-flow__edge")).to_have_count(2)


def test_nodes_are_copied_by_keyboard_and_pasted_as_text(editor: Editor) -> None:
    editor.given("copied", title="C", **FILTER)
    editor.open("copied")
    editor.choose("large only")
    editor.page.keyboard.press("Control+d")
    expect(editor.node("large only 2")).to_be_visible()
    editor.page.keyboard.press("Delete")
    expect(editor.node("large only 2")).to_have_count(0)


def test_a_wire_dropped_on_the_canvas_asks_for_a_node(editor: Editor) -> None:
    editor.given("dropped", title="D", **FILTER)
    editor.open("dropped")
    handle = editor.node("large only").locator('[data-handleid="kept"]').bounding_box()
    assert handle
    page = editor.page
    page.mouse.move(handle["x"] + 5, handle["y"] + 5)
    page.mouse.down()
    page.mouse.move(handle["x"] + 120, handle["y"] - 160, steps=6)
    page.mouse.up()
    editor.find("sort")
    expect(editor.node("sort")).to_be_visible()
    expect(page.locator(".react-flow__edge")).to_have_count(2)


def test_a_webhook_has_an_address_to_copy(editor: Editor) -> None:
    trigger = {"name": "hook", "type": "trigger.webhook", "params": {"path": "orders"}}
    editor.given("hooked", title="H", triggers=[trigger])
    editor.open("hooked")
    editor.choose("hook")
    expect(editor.panel.get_by_text(f"{editor.platform.url}/hooks/")).to_be_visible()
    expect(editor.panel.get_by_role("button", name="Copy the address")).to_be_visible()


def test_an_execution_has_a_page_with_times_errors_and_replay(editor: Editor) -> None:
    stop = {"name": "halt", "type": "core.stop", "params": {"message": "too small"}}
    edges = [{"from": "start", "to": "halt"}]
    editor.given("halting", title="H", triggers=FILTER["triggers"], nodes=[stop], edges=edges)
    ended = editor.platform.run("halting", [{}])
    page = editor.page
    page.goto("/projects/default/executions?workflow=halting")
    page.get_by_role("link", name="halting").click()
    expect(page.get_by_text("too small").first).to_be_visible()
    expect(page.get_by_text(ended["id"])).to_be_visible()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("A new execution has started")).to_be_visible()
    expect(page.get_by_text(ended["id"])).to_have_count(0)


def test_a_workflow_is_suspended_and_deleted_from_the_list(editor: Editor) -> None:
    editor.given("listed", title="Listed one", **FILTER)
    page = editor.page
    page.goto("/projects/default/workflows?q=listed")
    row = page.get_by_role("listitem").filter(has_text="Listed one")
    row.get_by_role("switch").click()
    expect(row.get_by_text("Suspended")).to_be_visible()
    expect(row.get_by_role("switch")).to_be_enabled()
    page.get_by_role("button", name="Actions for Listed one").click()
    page.get_by_role("menuitem", name="Delete").click()
    editor.dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert editor.platform.rest.get(f"{API}/listed").status_code == 404


def test_changes_that_could_not_be_kept_are_not_left_by_mistake(
    editor: Editor, faults: list[Faults]
) -> None:
    editor.given("unsaved", title="U", **FILTER)
    editor.open("unsaved")
    faults[0].expected.append("ERR_FAILED")
    editor.page.route("**/draft*", lambda route: route.abort())
    editor.page.get_by_label("Title of the workflow").fill("Changed")
    expect(editor.page.get_by_role("button", name="Not saved")).to_be_visible()
    editor.page.get_by_role("link", name="Executions", exact=True).click()
    expect(editor.dialog.get_by_text("Leave without saving?")).to_be_visible()
    editor.dialog.get_by_role("button", name="Stay").click()
    expect(editor.page.get_by_label("Title of the workflow")).to_have_value("Changed")


def test_a_workflow_is_drawn_with_the_keyboard_alone(editor: Editor) -> None:
    editor.given("keyed", title="K", **FILTER)
    editor.open("keyed")
    page = editor.page
    page.keyboard.press("/")
    editor.find("sort")
    expect(editor.panel.get_by_role("heading", name="sort")).to_be_visible()
    page.keyboard.press("o")
    editor.dialog.get_by_role("button", name=re.compile("^large only")).press("Enter")
    expect(editor.panel.get_by_role("heading", name="large only")).to_be_visible()
    editor.panel.get_by_role("tab", name="Settings").press("Enter")
    connect = editor.panel.get_by_role("combobox", name="Connect port kept to")
    connect.focus()
    page.keyboard.type("sort")
    expect(page.get_by_role("option")).to_have_text(["sort"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".react-flow__edge")).to_have_count(2)


def test_the_editor_speaks_indonesian(editor: Editor) -> None:
    page: Page = editor.page
    page.goto("/projects/default/workflows")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Bahasa Indonesia").click()
    expect(page.get_by_role("heading", name="Alur kerja", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Alur kerja", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "id"
