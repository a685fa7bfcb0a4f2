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
from tests.support.guide import loose

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


def _page(path: Path) -> str:
    return path.relative_to(ROOT / "docs/how-to").stem if "how-to" in path.parts else str(path)


def test_every_command_for_a_cluster_is_one_that_a_test_runs() -> None:
    assert {p.name: found for p in PAGES if (found := loose(_page(p), p.read_text()))} == {}


@pytest.mark.parametrize(
    ("page", "block"),
    [
        ("kubernetes", "```sh\nkubectl get awf\n```"),
        ("kubernetes", "```\n$ kubectl get awf\n```"),
        ("kubernetes", "- so:\n\n  ```console\n  $ kubectl get awf\n  ```"),
        ("kubernetes", "~~~console\n$ kubectl get awf\n~~~"),
        ("kubernetes", "```console\nkubectl get awf\n```"),
        ("kubernetes", "```text\nkubectl get awf\n```"),
        ("kubernetes", "So:\n\n    kubectl get awf\n"),
        ("kubernetes-more", "```console\n$ helm install alur charts/alur\n```"),
        ("editor", "```bash\nsudo kubectl get awf\n```"),
    ],
)
def test_a_command_that_no_test_runs_is_found(page: str, block: str) -> None:
    text = f"Text.\n\n```console\n$ alur version\n```\n\n{block}\n\nMore.\n"
    assert loose(page, text)


def test_a_command_that_is_run_is_not_found() -> None:
    text = "```console\n$ kubectl get awf \\\n    -o name\nworkflow.alur.dev/greet\n```\n"
    assert loose("kubernetes", text) == []


INLINE = re.compile(r"`alur ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?[^`]*`")
REFERENCE = (ROOT / "docs/reference/cli.md").read_text()
COMMANDS = set(re.findall(r"^\$ alur ([a-z -]+?)(?: \[| [A-Z{]|$)", REFERENCE, re.MULTILINE))
GROUPS = {command.split()[0] for command in COMMANDS if " " in command}


def _unknown(text: str) -> list[str]:
    """Return the commands of `alur` that a text names and that are not there."""
    named = INLINE.findall(text)
    whole = [
        f"{first} {second}" if first in GROUPS and second else first for first, second in named
    ]
    return [command for command in whole if command not in COMMANDS]


def test_every_command_of_alur_that_a_text_names_is_there() -> None:
    assert {p.name: found for p in PAGES if (found := _unknown(p.read_text()))} == {}


@pytest.mark.parametrize("words", ["frobnicate", "dlq resend", "operate --now"])
def test_a_command_of_alur_that_is_not_there_is_found(words: str) -> None:
    assert _unknown(f"Type `alur {words}`, then `alur dlq show`, and `alur apply -f x.yaml`.")
