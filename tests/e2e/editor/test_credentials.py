"""The form of credentials: what it sends, and what it keeps."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Faults
from .pages import Editor

KEPT = "/api/v1/projects/default/credentials/to-sales"


def test_limits_of_use_are_set_kept_with_a_new_secret_and_changed_without_one(
    editor: Editor,
) -> None:
    page, form = editor.page, editor.dialog
    page.goto("/projects/default/credentials")
    page.get_by_role("button", name="New credential").click()
    form.get_by_label("Name").fill("to-sales")
    form.get_by_role("combobox", name="Type", exact=True).click()
    page.get_by_role("option", name="Bearer token").click()
    form.get_by_label("token").fill("first")
    form.get_by_label("Hosts it may be sent to").fill("sales.example.com")
    form.get_by_label("Hosts it may be sent to").press("Enter")
    form.get_by_label("Types that may use it").click()
    page.get_by_role("option", name="http.request").click()
    page.keyboard.press("Escape")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("sales.example.com, http.request")).to_be_visible()
    page.get_by_role("button", name="Change to-sales").click()
    form.get_by_label("token").fill("second")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    kept = editor.platform.rest.get(KEPT).json()
    limits = (kept["version"], kept["allowedDomains"], kept["allowedNodeTypes"])
    assert limits == (2, ["sales.example.com"], ["http.request"])
    page.get_by_role("button", name="Change to-sales").click()
    form.get_by_label("Hosts it may be sent to").fill("*.shop.example")
    form.get_by_label("Hosts it may be sent to").press("Enter")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    kept = editor.platform.rest.get(KEPT).json()
    limits = (kept["version"], kept["allowedDomains"], kept["allowedNodeTypes"])
    assert limits == (2, ["sales.example.com", "*.shop.example"], ["http.request"])


def test_limits_that_somebody_else_changed_meanwhile_are_not_undone(
    editor: Editor, faults: list[Faults]
) -> None:
    faults[0].expected.append("412")
    page, rest = editor.page, editor.platform.rest
    kept = KEPT.replace("to-sales", "to-shop")
    made = {"type": "bearer", "fields": {"token": "t"}, "allowedDomains": ["a.test", "b.test"]}
    assert rest.put(kept, json=made).status_code == 201
    page.goto("/projects/default/credentials")
    page.get_by_role("button", name="Change to-shop").click()
    form = page.get_by_role("dialog", name="to-shop")
    expect(form.get_by_text("b.test")).to_be_visible()
    assert rest.patch(kept, json={"allowedDomains": ["a.test"]}).status_code == 200
    form.get_by_label("Hosts it may be sent to").fill("c.test")
    form.get_by_label("Hosts it may be sent to").press("Enter")
    form.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Load theirs").click()
    expect(form.get_by_text("b.test")).to_have_count(0)
    expect(form.get_by_text("a.test")).to_be_visible()
    assert rest.get(kept).json()["allowedDomains"] == ["a.test"]
