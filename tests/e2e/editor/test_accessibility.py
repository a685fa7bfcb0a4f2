"""No serious finding of axe on any page, in both colour schemes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.alur_dev import ROOT
from tests.support.refused import told_by

from .pages import Editor

AXE = ROOT / "services/editor/node_modules/axe-core/axe.min.js"
SPEC = {
    "triggers": [{"name": "hook", "type": "trigger.webhook", "params": {"path": "a"}}],
    "nodes": [
        {
            "name": "choose",
            "type": "core.switch",
            "params": {"cases": [{"name": "x", "condition": True}]},
        },
        {"name": "call", "type": "http.request", "params": {"url": "{{ $json.url }}"}},
        {"name": "stop", "type": "core.stop", "params": {"message": "no"}},
    ],
    "edges": [
        {"from": "hook", "to": "choose"},
        {"from": "choose", "output": "x", "to": "stop"},
        {"from": "choose", "output": "other", "to": "call"},
    ],
}


AT_REST = """
new Promise(requestAnimationFrame).then(() => Promise.allSettled(
  document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished)
))
"""
"""What has just been enabled or opened goes over to its colours within some frames: only what stays is judged."""


def serious(page: Page) -> list[str]:
    """Return the serious and critical findings of axe, each with where it is."""
    page.evaluate(AT_REST)
    # By the debugger rather than by a tag: the content policy lets no other script in.
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        ".then(result => result.violations)"
    )
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def _sign_in(editor: Editor) -> None:
    editor.page.goto("/sign-in")
    expect(editor.page.get_by_role("heading", name="Sign in to Alur")).to_be_visible()


def _list(editor: Editor) -> None:
    editor.page.goto("/projects/default/workflows")
    expect(editor.page.get_by_text("Accessible").first).to_be_visible()


def _canvas(editor: Editor) -> None:
    editor.open("accessible")
    expect(editor.node("choose")).to_be_visible()


def _panel(editor: Editor) -> None:
    _canvas(editor)
    editor.choose("choose")
    expect(editor.panel.get_by_text("Cases")).to_be_visible()


def _settings(editor: Editor) -> None:
    _canvas(editor)
    editor.choose("call")
    editor.panel.get_by_role("tab", name="Settings").click()
    expect(editor.panel.get_by_label("Notes")).to_be_visible()


def _search(editor: Editor) -> None:
    _canvas(editor)
    editor.page.keyboard.press("/")
    expect(editor.page.get_by_role("option").first).to_be_visible()


def _run(editor: Editor) -> None:
    ended = editor.platform.run("accessible", [{}])
    editor.page.goto(f"/projects/default/workflows/accessible?run={ended['id']}")
    editor.node("choose").click()
    expect(editor.page.get_by_role("table", name="Input")).to_be_visible()


def _executions(editor: Editor) -> None:
    editor.platform.run("accessible", [{}])
    editor.page.goto("/projects/default/executions")
    expect(editor.page.get_by_role("table")).to_be_visible()


def _execution(editor: Editor) -> None:
    ended = editor.platform.run("accessible", [{}])
    editor.page.goto(f"/projects/default/executions/{ended['id']}")
    editor.page.get_by_role("button", name="choose").click()
    expect(editor.page.get_by_role("table", name="Input")).to_be_visible()


def _waiting(editor: Editor) -> None:
    wait = {"name": "decision", "type": "core.wait", "params": {"signal": "approval"}}
    editor.given("accessible-wait", title="Waits", nodes=[wait])
    waiting = editor.platform.run("accessible-wait", [{}])
    editor.page.goto(f"/projects/default/executions/{waiting['id']}")
    expect(editor.page.get_by_role("button", name="Send signal")).to_be_visible()


def _credentials(editor: Editor) -> None:
    editor.page.goto("/projects/default/credentials")
    editor.page.get_by_role("button", name="New credential").click()
    expect(editor.dialog).to_be_visible()


def _security(editor: Editor) -> None:
    wrong = {"authorization": "Bearer wrong"}
    assert httpx.get(f"{editor.platform.url}/api/v1/me", headers=wrong).status_code == 401
    told_by(editor.platform, ["sign-in-refused"])
    editor.page.goto("/security")
    expect(editor.page.get_by_role("row", name="Sign-in refused").first).to_be_visible()


def _palette(editor: Editor) -> None:
    _canvas(editor)
    editor.page.keyboard.press("Control+k")
    expect(editor.page.get_by_role("option").first).to_be_visible()


def _warnings(editor: Editor) -> None:
    _canvas(editor)
    editor.page.get_by_role("button", name="warning").click()
    expect(editor.page.get_by_role("list", name="Problems and warnings")).to_be_visible()


def _code(editor: Editor) -> None:
    code = "console.log($json);\nreturn $json.missing.field;"
    nodes = [{"name": "work", "type": "core.code", "params": {"code": code}}]
    editor.given("accessible-code", title="Code", nodes=nodes)
    ended = editor.platform.run("accessible-code", [{}])
    editor.page.goto(f"/projects/default/workflows/accessible-code?run={ended['id']}")
    editor.choose("work")
    expect(editor.page.get_by_role("region", name="Log")).to_be_visible()
    expect(editor.panel.locator(".cm-faulty")).to_be_visible()


def _failed(editor: Editor) -> None:
    editor.given("accessible-on-call", title="On call", nodes=[{"name": "a", "type": "core.noop"}])
    halt = {"name": "halt", "type": "core.stop", "params": {"message": "no"}}
    settings = {"errorWorkflow": "accessible-on-call"}
    editor.given("accessible-failed", title="Fails", nodes=[halt], settings=settings)
    ended = editor.platform.run("accessible-failed", [{}])
    editor.page.goto(f"/projects/default/executions/{ended['id']}")
    expect(editor.page.get_by_role("link", name="Show the run of")).to_be_visible()


PAGES = [
    _sign_in,
    _list,
    _canvas,
    _panel,
    _settings,
    _search,
    _palette,
    _warnings,
    _code,
    _run,
    _executions,
    _execution,
    _failed,
    _waiting,
    _credentials,
    _security,
]


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.__name__.strip("_"))
def test_a_page_has_no_serious_finding(
    editor: Editor, visit: Callable[[Editor], None], scheme: str
) -> None:
    editor.given("accessible", title="Accessible", **SPEC)
    visit(editor)
    shown = editor.page.locator("html").get_attribute("data-mantine-color-scheme")
    assert shown == scheme
    assert serious(editor.page) == []
