"""Lines 11 and 40 of the security checklist: nothing but the guest of the jail evaluates code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROOT = REPOSITORY / "services"
GUEST = ROOT / "libs/jail/alur_jail/guest"
FOLDERS = [path for path in ROOT.iterdir() if path.is_dir() and path.name != "editor"]
FOLDERS.append(REPOSITORY / "operator")
MODULES = {
    path.relative_to(ROOT if ROOT in path.parents else REPOSITORY).as_posix(): ast.parse(
        path.read_text()
    )
    for folder in FOLDERS
    for path in sorted(folder.rglob("*.py"))
    if GUEST not in path.parents and "alur_api" not in path.parts
}
EVALUATING = {"eval", "exec", "compile", "__import__", "execfile"}
ENGINES = {"_quickjs", "quickjs", "code", "codeop", "js2py", "pyduktape", "py_mini_racer"}
UNSAFE = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle"}
STARTING = {"subprocess", "multiprocessing", "pty"}
STORE = "libs/common/alur_common/documents/sqlite/"
EXECUTES = {"execute", "executemany", "executescript"}
# The jail itself, the start of each service as a process of its own, and nothing else.
MAY_START = {"libs/jail/alur_jail/room.py", "alur/alur/dev/distributed.py"}


def called(tree: ast.AST) -> Iterator[str]:
    """Yield the bare names that a module calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the top-level names that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def places(names: set[str], *, of_calls: bool) -> list[str]:
    found = []
    for name, tree in MODULES.items():
        used = set(called(tree) if of_calls else imported(tree))
        found += [f"{name}: {each}" for each in sorted(used & names)]
    return found


NAMED = [
    (name, node.value.id if isinstance(node.value, ast.Name) else "", node.attr)
    for name, tree in MODULES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.Attribute)
]
"""Every attribute that is named: module, of what, and its name."""


def attributes(names: set[str], of: str | None = None) -> list[str]:
    """Return where modules name these attributes, of anything or of a name."""
    return [
        f"{module}: {name}"
        for module, whose, name in NAMED
        if name in names and of in (None, whose)
    ]


def test_11_no_module_evaluates_code() -> None:
    assert places(EVALUATING, of_calls=True) == []


def test_11_no_module_has_an_engine_within_its_process() -> None:
    assert places(ENGINES, of_calls=False) == []


@pytest.mark.parametrize("names", [UNSAFE], ids=["pickle and its kind"])
def test_40_no_module_reads_objects_that_run_code(names: set[str]) -> None:
    assert places(names, of_calls=False) == []


def test_16_no_module_reads_xml() -> None:
    """XML stays text: whoever reads it one day refuses entities, and says so here."""
    assert (
        places({"xml", "lxml", "xmltodict", "defusedxml", "bs4", "html5lib"}, of_calls=False) == []
    )


def test_15_no_module_unpacks_archives() -> None:
    """Neither names nor sizes within an archive reach a disk: whoever unpacks one day checks both, and says so here."""
    assert places({"zipfile", "tarfile", "bz2", "lzma", "gzip"}, of_calls=False) == []
    assert attributes({"unpack_archive", "extractall"}) == []


def test_16_yaml_is_read_by_safe_loaders_alone() -> None:
    assert attributes({"load", "load_all", "full_load", "unsafe_load"}, of="yaml") == []
    assert attributes({"Loader", "FullLoader", "UnsafeLoader"}, of="yaml") == []


def test_11_only_the_jail_and_the_command_line_start_processes() -> None:
    starting = {place.split(":")[0] for place in places(STARTING, of_calls=False)}
    assert starting <= MAY_START, starting - MAY_START


def test_the_guest_is_where_code_is_evaluated() -> None:
    evaluating = [
        path.name
        for path in GUEST.glob("*.py")
        if "exec" in set(called(ast.parse(path.read_text())))
    ]
    assert evaluating == ["python_code.py"]


def test_35_sql_is_put_together_in_the_store_alone() -> None:
    """Beside ruff's S608: what is executed elsewhere is a constant."""
    found = [
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in EXECUTES
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.Call)
        and not name.startswith(STORE)
    ]
    assert found == []
