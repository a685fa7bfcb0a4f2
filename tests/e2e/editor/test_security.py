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
    told_by(platform, 4)
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
