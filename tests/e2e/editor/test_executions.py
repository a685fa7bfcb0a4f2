"""What the pages of executions tell: what started them, and how long their nodes took."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from .conftest import Faults
from .pages import API, Editor

START = {"name": "start", "type": "trigger.manual"}


def given(editor: Editor, name: str, node: dict[str, Any], **settings: str) -> None:
    """Save a workflow of one node."""
    edges = [{"from": "start", "to": node["name"]}]
    editor.given(name, triggers=[START], nodes=[node], edges=edges, settings=settings)


def row(editor: Editor, workflow: str) -> Locator:
    """Return the newest execution of a workflow in the list."""
    editor.page.goto(f"/projects/default/executions?workflow={workflow}")
    return editor.page.get_by_role("row").nth(1)


def test_an_execution_tells_what_started_it(editor: Editor) -> None:
    given(editor, "on-call", {"name": "note", "type": "core.noop"})
    stop = {"name": "halt", "type": "core.stop", "params": {"message": "no"}}
    given(editor, "stops", stop, errorWorkflow="on-call")
    call = {"name": "call", "type": "core.workflow", "params": {"workflow": "stops", "wait": True}}
    given(editor, "calls", call)
    caller = editor.platform.run("calls", [{}])
    expect(row(editor, "calls").get_by_text("by hand")).to_be_visible()
    expect(row(editor, "on-call").get_by_text("error of another execution")).to_be_visible()
    child = row(editor, "stops")
    expect(child.get_by_text("another workflow")).to_be_visible()
    child.get_by_role("link").click()
    expect(editor.page.get_by_text("another workflow")).to_be_visible()
    editor.page.get_by_role("link", name="Show it").click()
    expect(editor.page.get_by_text(caller["id"], exact=True)).to_be_visible()
    editor.page.get_by_role("button", name="Replay").click()
    expect(editor.page.get_by_role("definition").filter(has_text="replay")).to_be_visible()


def test_a_failed_execution_and_its_error_workflows_lead_to_each_other(editor: Editor) -> None:
    given(editor, "on-call-linked", {"name": "tell", "type": "core.noop"})
    stop = {"name": "halt", "type": "core.stop", "params": {"message": "no"}}
    given(editor, "linked", stop, errorWorkflow="on-call-linked")
    failed = editor.platform.run("linked", [{}])["id"]
    page = editor.page
    page.goto(f"/projects/default/executions/{failed}")
    page.get_by_role("link", name="Show the run of the error workflow").click()
    expect(page.get_by_role("heading", name="on-call-linked")).to_be_visible()
    page.get_by_role("link", name="Show what failed").click()
    expect(page.get_by_text(failed, exact=True)).to_be_visible()


def test_an_execution_whose_workflow_is_gone_says_so(editor: Editor, faults: list[Faults]) -> None:
    given(editor, "gone", {"name": "note", "type": "core.noop"})
    ended = editor.platform.run("gone", [{}])
    page, rest = editor.page, editor.platform.rest
    page.goto(f"/projects/default/executions/{ended['id']}")
    expect(page.get_by_role("link", name="On the canvas")).to_be_visible()
    etag = rest.get(f"{API}/gone").headers["etag"]
    assert rest.delete(f"{API}/gone", headers={"If-Match": etag}).is_success
    faults[0].expected.append("404")
    page.reload()
    expect(page.get_by_text("The workflow was deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="On the canvas")).to_have_count(0)
    expect(page.get_by_role("button", name="note Succeeded")).to_be_visible()


def test_a_node_in_a_loop_takes_the_time_of_all_its_turns(editor: Editor) -> None:
    nodes = [
        {"name": "each", "type": "core.each"},
        {"name": "rest", "type": "core.wait", "params": {"for": "PT0.2S"}},
    ]
    edges = [
        {"from": "start", "to": "each"},
        {"from": "each", "output": "item", "to": "rest"},
        {"from": "rest", "to": "each"},
    ]
    editor.given("turns", title="T", triggers=[START], nodes=nodes, edges=edges)
    execution = editor.platform.run("turns", [{}, {}, {}])["id"]
    editor.platform.wait_for(execution, "succeeded")
    editor.page.goto(f"/projects/default/executions/{execution}")
    turns = editor.page.get_by_role("button", name=re.compile("^rest "))
    expect(turns.get_by_text("3 items · 3 runs")).to_be_visible()
    # The loop itself lasts as long as its turns.
    for line in (turns, editor.page.get_by_role("button", name=re.compile("^each "))):
        track = line.locator("[aria-hidden]").last
        shown = track.evaluate("each => each.firstChild.offsetWidth / each.offsetWidth")
        assert shown > 0.8


def test_a_file_that_a_node_kept_is_fetched_from_the_items_of_its_run(editor: Editor) -> None:
    params = {"url": f"{editor.platform.url}/api/v1/openapi.json", "response": "binary"}
    given(editor, "downloads", {"name": "fetch", "type": "http.request", "params": params})
    ended = editor.platform.run("downloads", [{}])
    page = editor.page
    page.goto(f"/projects/default/executions/{ended['id']}")
    page.get_by_role("button", name="fetch", expanded=False).click()
    files = page.get_by_role("list", name="Files of Output")
    expect(files).to_contain_text("application/json")
    if folder := os.environ.get("ALUR_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "files.png")
    with page.expect_download() as started:
        files.get_by_role("link", name="openapi.json").click()
    assert started.value.suggested_filename == "openapi.json"
    assert json.loads(started.value.path().read_bytes())["openapi"].startswith("3.")
    where = editor.platform.data / "fetched.json"
    done = editor.platform.cli("files", ended["id"], "openapi.json", "--to", str(where))
    assert done.stdout.startswith(str(where))
    assert where.read_bytes() == started.value.path().read_bytes()


def test_a_failed_expression_is_told_with_its_field(editor: Editor) -> None:
    params = {"fields": {"deep": {"er": "{{ $json.a.b.c }}"}}}
    given(editor, "wrong-field", {"name": "shape", "type": "core.set", "params": params})
    failed = editor.platform.run("wrong-field", [{}])
    assert failed["error"]["field"] == "params.fields.deep.er"
    editor.page.goto(f"/projects/default/executions/{failed['id']}")
    expect(editor.page.get_by_text("params.fields.deep.er").first).to_be_visible()
    told = editor.platform.cli("logs", failed["id"])
    assert "params.fields.deep.er: " in told.stdout
