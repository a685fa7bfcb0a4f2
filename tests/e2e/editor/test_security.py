"""The page of security events: what was refused lately, for those who may read the audit log."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import expect

from tests.support.alur_dev import AlurDev
from tests.support.refused import NAME, cause_trouble, told_by

from .pages import Editor


def test_what_was_refused_is_shown_and_leads_to_where_it_happened(
    editor: Editor, platform: AlurDev
) -> None:
    execution = cause_trouble(platform)
    told_by(platform)
    page = editor.page
    page.goto("/")
    page.get_by_role("link", name="Security events").click()
    expect(page.get_by_role("heading", name="Security events")).to_be_visible()
    refused = page.get_by_role("row", name="Address refused")
    expect(refused).to_contain_text("10.1.2.3")
    expect(page.get_by_role("row", name="Webhook proof refused")).to_contain_text("127.0.0.1")
    if folder := os.environ.get("ALUR_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "security.png")
    page.get_by_role("combobox", name="All kinds").click()
    page.get_by_role("option", name="Code stopped").click()
    expect(refused).to_have_count(0)
    stopped = page.get_by_role("row", name="Code stopped")
    expect(stopped).to_contain_text(NAME)
    stopped.get_by_role("link", name="execution").click()
    expect(page).to_have_url(f"{platform.url}/projects/default/executions/{execution}")


MARKUP = "<img src=x onerror=\"document.title='taken'\">"
LINK = "javascript:document.title='taken'"


def test_21_markup_in_names_and_data_stays_text(editor: Editor) -> None:
    fields = {"html": MARKUP, "link": LINK, "svg": "<svg onload=\"document.title='taken'\">"}
    set_ = {"name": "<b>set</b>", "type": "core.set", "params": {"fields": fields}}
    fail = {"name": "fail", "type": "core.stop", "params": {"message": MARKUP}}
    edges = [{"from": "<b>set</b>", "to": "fail"}]
    editor.given("markup", title=MARKUP, description=MARKUP, nodes=[set_, fail], edges=edges)
    ended = editor.platform.run("markup", [{"link": LINK}])
    page = editor.page
    for path in ("workflows", f"workflows/markup?run={ended['id']}", f"executions/{ended['id']}"):
        page.goto(f"/projects/default/{path}")
        expect(
            page.get_by_text("onerror").or_(page.get_by_text("<b>set</b>")).first
        ).to_be_visible()
        assert page.locator("img[src=x], a[href^='javascript:'], svg[onload]").count() == 0
    page.get_by_role("button", name="<b>set</b>").first.click()
    expect(page.get_by_text(LINK).first).to_be_visible()
    assert page.locator("img[src=x], a[href^='javascript:'], svg[onload]").count() == 0
    assert "taken" not in page.title()
