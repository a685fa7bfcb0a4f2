"""What a person may not do is in sight, disabled, and says why; nothing is asked of the server that it would refuse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.alur_dev import AlurDev
from tests.support.refused import publish_as_somebody_who_leaves, refused_run

from .conftest import PATIENCE_MILLISECONDS, SCREEN, Faults
from .pages import Editor, given

NODES = [
    {
        "name": "shape",
        "type": "core.set",
        "params": {"fields": {"a": 1}},
        "position": {"x": 0, "y": 0},
    },
    {"name": "after", "type": "core.noop", "position": {"x": 320, "y": 0}},
]


@pytest.fixture
def viewer(browser: Browser, platform: AlurDev) -> Iterator[Page]:
    """A page of somebody whose role is to look."""
    made = platform.rest.post("/api/v1/members", json={"name": "Vera", "role": "viewer"}).json()
    context = browser.new_context(base_url=platform.url, viewport=SCREEN, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    faults = Faults(page)
    page.goto(f"/sign-in#token={made['signInToken']}")
    page.get_by_role("heading", name="Workflows", exact=True).wait_for()
    yield page
    context.close()
    assert faults.unexpected() == []


def test_a_viewer_looks_and_changes_nothing(viewer: Page, platform: AlurDev) -> None:
    given(
        platform, "to-look-at", title="Look", nodes=NODES, edges=[{"from": "shape", "to": "after"}]
    )
    viewer.goto("/projects/default/workflows")
    expect(viewer.get_by_role("button", name="New workflow")).to_be_disabled()
    expect(viewer.get_by_role("link", name="Credentials")).to_have_count(0)
    viewer.get_by_role("link", name="Variables").click()
    expect(viewer.get_by_role("button", name="New variable")).to_be_disabled()
    viewer.goto("/projects/default/workflows/to-look-at")
    expect(viewer.get_by_text("View only")).to_be_visible()
    for name in ("Save", "Run"):
        expect(viewer.get_by_role("button", name=name, exact=True)).to_be_disabled()
    viewer.locator(".react-flow__node", has_text="shape").click()
    panel = viewer.get_by_role("complementary", name="shape")
    expect(panel.get_by_role("textbox").first).to_be_disabled()
    if folder := os.environ.get("ALUR_SCREENSHOTS"):
        viewer.screenshot(path=Path(folder) / "viewer.png")
    viewer.keyboard.press("Delete")
    expect(
        viewer.get_by_text("You may look at this workflow, not change it.").first
    ).to_be_visible()
    expect(viewer.locator(".react-flow__node")).to_have_count(2)
    viewer.get_by_role("button", name="Run", exact=True).locator("xpath=..").hover()
    expect(viewer.get_by_role("tooltip")).to_contain_text("workflows:execute")
    told = platform.rest.get("/api/v1/security-events", params={"kind": "permission-refused"})
    assert [one for one in told.json()["items"] if one["project"] == "default"] == []


def test_who_may_not_read_the_audit_log_is_shown_no_security_events(viewer: Page) -> None:
    expect(viewer.get_by_role("link", name="Security events")).to_have_count(0)
    viewer.goto("/security")
    expect(viewer.get_by_role("heading", name="This is not open to you")).to_be_visible()
    expect(viewer.get_by_text("it takes the right audit:read")).to_be_visible()


def test_a_workflow_of_somebody_who_left_is_taken_over_on_the_canvas(
    editor: Editor, platform: AlurDev
) -> None:
    publish_as_somebody_who_leaves(platform, "left-behind")
    refused_run(platform, "left-behind")
    editor.open("left-behind")
    told = editor.page.get_by_role("alert").filter(has_text="This workflow does not run")
    expect(told).to_contain_text("may not use this variable any more")
    if folder := os.environ.get("ALUR_SCREENSHOTS"):
        editor.page.screenshot(path=Path(folder) / "take-over.png")
    told.get_by_role("button", name="Take over and publish").click()
    expect(told).to_have_count(0)
    assert platform.run("left-behind", [{}])["status"] == "succeeded"
