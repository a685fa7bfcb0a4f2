"""The rules of the house that no tool checks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GENERATED = ("services/libs/api/alur_api/", "services/editor/src/api/schema")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40


@cache
def tracked() -> tuple[Path, ...]:
    """Return all files that belong to the project, those not yet committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # git is where the user has it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources(*suffixes: str) -> Iterator[Path]:
    for path in tracked():
        if path.suffix in suffixes and not name_of(path).startswith(GENERATED):
            yield path


def text_files() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield name_of(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def node_files() -> list[Path]:
    package = ROOT / "services/libs/nodes/alur_nodes"
    return [
        path for path in sources(".py") if path.parent.parent == package and path.stem != "__init__"
    ]


def node_classes(path: Path) -> dict[str, str]:
    """Return the node classes in a file: name -> kind (`ItemNode`, `BatchNode`, `TriggerNode`)."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
            kinds = [
                base.id for base in bases if isinstance(base, ast.Name) and base.id.endswith("Node")
            ]
            found |= {node.name: kinds[0]} if kinds else {}
    return found


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        name_of(path): count
        for path in sources(".py", ".ts", ".tsx", ".css", ".proto")
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{name_of(path)}:{function.lineno} {function.name}": length
        for path in sources(".py")
        for function in functions(ast.parse(path.read_text()))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_the_operator_folder_does_not_hide_the_standard_library() -> None:
    assert not (ROOT / "operator/__init__.py").exists()


def test_a_node_file_holds_one_node() -> None:
    assert {name_of(p): n for p in node_files() if len(n := node_classes(p)) != 1} == {}


def test_every_node_that_runs_has_a_file_of_cases() -> None:
    running = [p for p in node_files() if "TriggerNode" not in node_classes(p).values()]
    cases = [f"tests/unit/nodes/{p.parent.name}/{p.stem}.yaml" for p in running]
    assert [case for case in cases if not (ROOT / case).exists()] == []


def test_every_member_is_known_to_every_tool() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    members = {
        name_of(p.parent)
        for p in sources(".toml")
        if p.name == "pyproject.toml" and p.parent != ROOT
    }
    assert set(settings["tool"]["uv"]["workspace"]["members"]) == members
    assert set(settings["tool"]["ruff"]["src"]) == {*members, "."}
    assert {f"$MYPY_CONFIG_FILE_DIR/{m}" for m in members} < set(
        settings["tool"]["mypy"]["mypy_path"]
    )
    packages = {d.name for m in members for d in (ROOT / m).iterdir() if (d / "py.typed").exists()}
    assert set(settings["tool"]["importlinter"]["root_packages"]) == packages


def imported(package: Path) -> set[str]:
    """Return the top-level names that the modules of a package import."""
    names = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


def undeclared(member: Path) -> set[str]:
    """Return the distributions that a member imports and does not name in its pyproject.toml."""
    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[\s\[<>=!~;]", each, maxsplit=1)[0] for each in project["dependencies"]}
    owners = packages_distributions()
    package = next(folder for folder in member.iterdir() if (folder / "py.typed").exists())
    names = imported(package) - set(sys.stdlib_module_names) - {package.name, "google"}
    known = {name: {owner.lower() for owner in owners.get(name, [])} for name in names}
    return {name for name in names if not (known[name] | {name.replace("_", "-")}) & declared}


def test_a_member_declares_what_it_imports() -> None:
    members = [
        p.parent for p in sources(".toml") if p.name == "pyproject.toml" and p.parent != ROOT
    ]
    assert {name_of(m): missing for m in members if (missing := undeclared(m))} == {}


def test_a_lock_agrees_with_its_package_and_names_no_address() -> None:
    for lock in (p for p in tracked() if p.name == "package-lock.json"):
        packages = json.loads(lock.read_text())["packages"]
        package = json.loads((lock.parent / "package.json").read_text())
        for kind in ("dependencies", "devDependencies"):
            assert packages[""].get(kind) == package.get(kind), name_of(lock)
        assert [n for n, entry in packages.items() if "resolved" in entry] == [], name_of(lock)


@pytest.mark.parametrize(
    "pattern",
    [
        r"/wor[k]/(main|shared|[.]library)",
        r"(pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|crates[.]io/|proxy[.]golang[.]org|[.]maven[.])",
    ],
    ids=["a path of one machine", "the host of a package registry"],
)
def test_no_file_names(pattern: str) -> None:
    places = [name for name, text in text_files() if re.search(pattern, text)]
    assert places == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")
    code = {".py", ".ts", ".tsx", ".proto", ".sh", ".yaml", ".toml"}
    places = [
        name for name, text in text_files() if Path(name).suffix in code and later.search(text)
    ]
    assert places == []


def test_every_silenced_check_says_which_and_why() -> None:
    bare = re.compile(r"# (type: ignore(\[[\w-]+\])?|noqa(: [A-Z0-9, ]+?)?) *$", re.MULTILINE)
    places = [
        f"{name_of(path)}: {match.group()}"
        for path in sources(".py")
        for match in bare.finditer(path.read_text())
    ]
    assert places == []
