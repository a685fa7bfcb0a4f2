"""A workflow that Kubernetes manages is shown as such: drawn as a draft, and published by its document alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .pages import API, Editor
from .test_drafts import SPEC, TITLE, draw, kept


def managed(editor: Editor, name: str) -> Page:
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"title": f"Applied {name}", **SPEC},
    }
    headers = {"alur-managed-by": "kubernetes", "if-none-match": "*"}
    put = editor.platform.rest.put(f"{API}/{name}", json=document, headers=headers)
    put.raise_for_status()
    return editor.page


def test_what_is_drawn_is_a_draft_and_its_document_is_what_kubectl_applies(editor: Editor) -> None:
    page = managed(editor, "of-cluster")
    editor.open("of-cluster")
    expect(page.get_by_text("Kubernetes", exact=True)).to_be_visible()
    expect(page.get_by_label(TITLE)).to_have_value("Applied of-cluster")
    draw(page, "Drawn")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(editor.dialog).to_contain_text("title: Drawn")
    expect(editor.dialog.get_by_role("button", name="Download")).to_be_visible()
    assert kept(editor, "of-cluster") == "Drawn"
    assert editor.saved("of-cluster")["title"] == "Applied of-cluster"


def test_the_keys_for_saving_show_the_document(editor: Editor) -> None:
    page = managed(editor, "by-key")
    editor.open("by-key")
    draw(page, "Drawn")
    page.keyboard.press("Control+s")
    expect(editor.dialog).to_contain_text("title: Drawn")


def test_the_list_shows_it_and_offers_nothing_that_is_refused(editor: Editor) -> None:
    page = managed(editor, "listed")
    page.goto("/projects/default/workflows")
    row = page.get_by_role("listitem").filter(has_text="Applied listed")
    expect(row.get_by_text("Kubernetes", exact=True)).to_be_visible()
    expect(row.get_by_role("switch")).to_be_disabled()
    row.get_by_role("button", name="Actions for Applied listed").click()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_disabled()
    expect(page.get_by_role("menuitem", name="Rename")).to_be_disabled()
