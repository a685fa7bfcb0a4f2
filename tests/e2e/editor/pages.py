"""The editor as people use it: its parts by the names that they read."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.alur_dev import AlurDev

API = "/api/v1/projects/default/workflows"


def given(platform: AlurDev, name: str, **spec: Any) -> None:
    """Save a workflow by REST."""
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": spec,
    }
    seen = platform.rest.get(f"{API}/{name}").headers.get("etag")
    condition = {"If-Match": seen} if seen else {}
    answer = platform.rest.put(f"{API}/{name}", json=document, headers=condition)
    assert answer.status_code in {200, 201}, answer.text


class Editor:
    """One open page, and the platform behind it."""

    def __init__(self, page: Page, platform: AlurDev) -> None:
        self.page = page
        self.platform = platform

    def given(self, name: str, **spec: Any) -> None:
        """Save a workflow by REST before the journey begins."""
        given(self.platform, name, **spec)

    def saved(self, name: str) -> dict[str, Any]:
        """Return the spec as the platform has it."""
        spec: dict[str, Any] = self.platform.rest.get(f"{API}/{name}").json()["spec"]
        return spec

    def open(self, name: str) -> None:
        """Open a workflow on the canvas."""
        self.page.goto(f"/projects/default/workflows/{name}")
        expect(self.page.get_by_role("button", name="Run", exact=True)).to_be_visible()
        expect(self.page.locator(".react-flow__node").first).to_be_visible()

    def node(self, name: str) -> Locator:
        """Return a node on the canvas."""
        return self.page.locator(".react-flow__node").filter(
            has=self.page.get_by_text(name, exact=True)
        )

    @property
    def panel(self) -> Locator:
        """Return the properties of the chosen node."""
        return self.page.get_by_role("complementary")

    @property
    def dialog(self) -> Locator:
        """Return what is open above the page."""
        return self.page.get_by_role("dialog")

    def choose(self, name: str) -> None:
        """Select a node and see its properties."""
        self.node(name).click()
        expect(self.panel.get_by_role("heading", name=name)).to_be_visible()

    def find(self, words: str) -> None:
        """Type into the open node search and take the first."""
        search = self.page.get_by_role("combobox", name="Search nodes")
        expect(search).to_be_focused()
        search.fill(words)
        search.press("Enter")
        expect(self.dialog).to_have_count(0)

    def add_after(self, name: str, words: str, port: str = "main") -> None:
        """Add a node by the plus at a port."""
        self.page.get_by_role(
            "button", name=f"Add a node after {name}, port {port}", exact=True
        ).click()
        self.find(words)

    def write(self, field: Locator, text: str) -> None:
        """Replace what stands in a code field."""
        field.click()
        field.press("Control+a")
        self.page.keyboard.insert_text(text)

    def save(self) -> None:
        """Save by keyboard and see that it is saved."""
        self.page.keyboard.press("Control+s")
        expect(self.page.get_by_text(re.compile("Saved as version"))).to_be_visible()

    def run(self, items: str) -> None:
        """Run with this input by the dialog."""
        self.page.keyboard.press("Control+Enter")
        self.write(self.dialog.get_by_role("textbox", name="Input"), items)
        self.dialog.get_by_role("button", name=re.compile("[Rr]un$")).click()
