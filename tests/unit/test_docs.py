"""What the documentation and the examples show is right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.reading import read_documents
from alur_engine.validation import validate_document

ROOT = Path(__file__).parents[2]
CATALOGUE = Catalogue.from_json(load_catalogue())
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = {
    f"{page.relative_to(ROOT)} {number}": block
    for page in PAGES
    for number, block in enumerate(YAML_BLOCK.findall(page.read_text()), 1)
    if "kind: Workflow\n" in block
}
EXAMPLES = {path.name: path.read_text() for path in sorted((ROOT / "examples").glob("*.yaml"))}


@pytest.mark.parametrize("text", [pytest.param(t, id=i) for i, t in (SHOWN | EXAMPLES).items()])
def test_a_shown_workflow_is_valid(text: str) -> None:
    for document in read_documents(text):
        assert validate_document(document, CATALOGUE)[1] == []


def test_the_page_on_rest_names_every_path() -> None:
    page = (ROOT / "docs/reference/rest.md").read_text()
    paths = json.loads((ROOT / "docs/reference/openapi.json").read_text())["paths"]
    last_words = {re.findall(r"[/:][a-z-]+", path)[-1] for path in paths}
    assert sorted(word for word in last_words if word not in page) == []


def _name(document: Any) -> str:  # noqa: ANN401  # any JSON
    return str(document["metadata"]["name"])


def test_no_shown_workflow_replaces_an_example() -> None:
    """`make run` applies the examples: whoever follows a page would overwrite one."""
    kept = {_name(d) for text in EXAMPLES.values() for d in read_documents(text)}
    shown = {_name(d): i for i, t in SHOWN.items() for d in read_documents(t)}
    assert {name: page for name, page in shown.items() if name in kept} == {}


def test_the_documentation_shows_workflows() -> None:
    assert len(SHOWN) > 5


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in PAGES[1:]]
    assert [page for page in pages if f": {page}\n" not in navigation] == []
