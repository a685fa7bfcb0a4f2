"""The page of variables: what it keeps, and what it does not undo."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import Faults
from .pages import Editor
from .test_accessibility import serious

KEPT = "/api/v1/projects/default/variables/RATES"


def test_variables_are_made_changed_where_nobody_else_did_and_deleted(
    editor: Editor, faults: list[Faults]
) -> None:
    faults[0].expected.append("412")
    page, form, rest = editor.page, editor.dialog, editor.platform.rest
    page.goto("/projects/default/workflows")
    page.get_by_role("link", name="Variables").click()
    page.get_by_role("button", name="New variable").click()
    form.get_by_label("Name").fill("RATES")
    form.get_by_text("JSON", exact=True).click()
    editor.write(form.get_by_role("textbox", name="Value"), '{"low": 7')
    expect(form.get_by_text("This is no JSON.")).to_be_visible()
    expect(form.get_by_role("button", name="Save")).to_be_disabled()
    page.keyboard.insert_text("}")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name='{"low":7}')).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Change RATES").click()
    expect(form.get_by_text('"low"')).to_be_visible()
    assert rest.put(KEPT, json={"value": "theirs"}).status_code == 200
    form.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Load theirs").click()
    expect(form.locator("textarea")).to_have_value("theirs")
    assert rest.get(KEPT).json()["value"] == "theirs"
    form.get_by_role("textbox", name="Value").fill("ours, now")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="ours, now")).to_be_visible()
    page.get_by_role("button", name="Delete RATES").click()
    form.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("cell", name="ours, now")).to_have_count(0)
    assert rest.get(KEPT).status_code == 404
