"""Lines 24, 36, 44 and 45 of the security checklist: what there is none of, and what came from others."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from alur_engine.validation import find_risks
from alur_nodes.registry import own_types
from tests.security.test_no_hidden_paths import MODULES, imported

ROOT = Path(__file__).parents[2]
API = json.loads((ROOT / "docs/reference/openapi.json").read_text())
LOCKS = sorted(ROOT.glob("requirements*.lock"))
NODE_LOCKS = [ROOT / "services/editor/package-lock.json", ROOT / "tests/package-lock.json"]
OPEN_BY_DESIGN = {"large-orders.yaml": ["open-webhook"]}
"""Examples that show a webhook without proof, as their text says."""
SECRETIVE = {"plain-secret", "plain-http", "untrusted-code"}


def lists_of_names() -> Iterator[str]:
    """Yield the fields of request bodies that are lists of texts, and bodies that are lists themselves."""
    for path, operations in API["paths"].items():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            for schema in (each.get("schema", {}) for each in content.values()):
                whole = API["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2])
                if (whole or schema).get("type") == "array":
                    yield path
                for name, field in (whole or schema).get("properties", {}).items():
                    kinds = [field, *field.get("anyOf", [])]
                    if any(each.get("type") == "array" for each in kinds):
                        yield name


def test_24_no_request_names_several_objects_to_be_changed() -> None:
    """Lists are rights and limits alone. Whoever adds a batch refuses all of it for one of another tenant's."""
    rights = {"projects", "scopes", "allowedDomains", "allowedNodeTypes", "input", "items"}
    assert set(lists_of_names()) <= rights
    assert not [path for path in API["paths"] if re.search(r"batch|bulk|import", path)]


def test_36_no_node_and_no_module_speaks_git_or_ssh() -> None:
    """Neither options nor hooks nor `ext::` reach a program: whoever adds such a node tries them, and says so here."""
    assert not [kind for kind in own_types() if re.search(r"git|ssh|sftp|svn|hg\b", kind)]
    clients = {"git", "dulwich", "pygit2", "paramiko", "asyncssh", "fabric", "sh", "plumbum"}
    assert not {name: clients & set(imported(tree)) for name, tree in MODULES.items()
                if clients & set(imported(tree))}  # fmt: skip


def workflows_in(text: str) -> Iterator[dict[str, Any]]:
    for document in yaml.safe_load_all(text):
        if isinstance(document, dict) and document.get("kind") == "Workflow":
            yield document


def snippets() -> Iterator[tuple[str, dict[str, Any]]]:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            if "kind: Workflow\n" in block:
                for document in workflows_in(block):
                    yield page.name, document


EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_44_an_example_risks_nothing_but_what_it_shows(path: Path) -> None:
    found = [risk.code for each in workflows_in(path.read_text()) for risk in find_risks(each)]
    assert found == OPEN_BY_DESIGN.get(path.name, [])


def test_44_nothing_that_people_copy_writes_secrets_or_runs_code_on_what_strangers_send() -> None:
    told = [(name, risk.code) for name, each in snippets() for risk in find_risks(each)]
    assert len(list(snippets())) > 5
    assert [each for each in told if each[1] in SECRETIVE] == []


def test_44_nothing_that_people_copy_puts_data_into_code() -> None:
    """An expression in the text of code would make code of data."""
    everything = [each for path in EXAMPLES for each in workflows_in(path.read_text())]
    everything += [each for _, each in snippets()]
    codes = [
        node["params"]["code"]
        for each in everything
        for node in each["spec"].get("nodes", ())
        if "code" in node.get("params", {})
    ]
    assert codes
    assert [code for code in codes if "{{" in code] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_45_each_package_of_python_is_locked_with_its_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().replace("\\\n", " "))
    packages = [entry for entry in entries if re.match(r"[A-Za-z0-9_.-]+(\[.*\])?\s*==", entry)]
    assert len(packages) > 5
    assert [each.split()[0] for each in packages if "--hash=sha256:" not in each] == []


@pytest.mark.parametrize("lock", NODE_LOCKS, ids=lambda path: path.parent.name)
def test_45_each_package_of_the_editor_is_locked_with_its_hash(lock: Path) -> None:
    packages = json.loads(lock.read_text())["packages"]
    foreign = {name: each for name, each in packages.items() if name and not each.get("link")}
    assert foreign
    bare = [name for name, each in foreign.items() if "integrity" not in each and is_ours(each)]
    assert bare == []


def is_ours(package: dict[str, Any]) -> bool:
    """Whether a package is installed where Alur is built: Linux with glibc, on x64 or arm64."""
    places = {"os": {"linux"}, "cpu": {"x64", "arm64"}, "libc": {"glibc"}}
    is_elsewhere = any(not set(package.get(name, own)) & own for name, own in places.items())
    return not (package.get("optional") and is_elsewhere)


def test_45_the_image_is_built_of_locked_packages_and_lists_them() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    installs = re.findall(r"pip (?:--python \S+ )?install[^&\n]*-r [^&\n]*", text)
    assert installs
    assert all("--require-hashes" in each for each in installs)
    assert "npm ci" in text
    assert "npm install" not in text
    assert text.count(".cdx.json") >= 2


def test_45_no_module_installs_anything_while_it_runs() -> None:
    installers = {"pip", "ensurepip", "setuptools", "pkg_resources", "uv"}
    assert not [name for name, tree in MODULES.items() if installers & set(imported(tree))]
    texts = [
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in ("pip", "npm", "uv")
    ]
    assert texts == []
