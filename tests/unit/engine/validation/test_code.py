"""Code that cannot be read is refused when it is saved, and no valid code is."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import pytest
import yaml

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.validation import validate_document
from alur_engine.validation.code_check import find_fault
from alur_sdk.errors import Problem

CATALOGUE = Catalogue.from_json(load_catalogue())
VALID: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("valid_code.yaml").read_text()
)
FAULTS = [
    ("javascript", "return {a: ;", "line 1, column 8: `{` is never closed"),
    (
        "javascript",
        "const a = 1;\nreturn a.map(i => { i;",
        "line 2, column 19: `{` is never closed",
    ),
    ("javascript", "return '日本', `${b", "line 1, column 15: `${` is never closed"),
    ("javascript", "if (a { b }", "line 1, column 6: `)` is missing"),
    ("javascript", "let x = = 2", "line 1, column 7: this is no JavaScript, from `= = 2` on"),
    ("javascript", "return x\n}", "line 2, column 1: this is no JavaScript, from `}` on"),
    ("javascript", "import x from 'y'", "line 1, column 1: `import` has no place here"),
    ("python", "x = 1\nreturn {'a': ", "line 2, column 8: '{' was never closed, in `return {'a':`"),
    ("python", "def f(:\n  pass", "line 1, column 7: invalid syntax, in `def f(:`"),
    (
        "python",
        "return a.map(i => i)",
        "line 1, column 17: invalid syntax, in `return a.map(i => i)`",
    ),
    ("python", "x = 1\n  return x", "line 2: unexpected indent, in `return x`"),
    (
        "python",
        "for x in items:\nx.json",
        "line 2: expected an indented block after 'for' statement on line 1, in `x.json`",
    ),
    (
        "python",
        "if a:\n    b = 1\n  c = 2",
        "line 3: unindent does not match any outer indentation level, in `c = 2`",
    ),
    ("python", "a = 1\0", "this is no Python: source code string cannot contain null bytes"),
    (
        "python",
        "if a:",
        "line 1: expected an indented block after 'if' statement on line 1, in `if a:`",
    ),
]


def problems_of(*params: dict[str, str]) -> list[Problem]:
    nodes = [{"name": f"n{i}", "type": "core.code", "params": p} for i, p in enumerate(params)]
    head = {"apiVersion": "alur.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}}
    return validate_document(head | {"spec": {"nodes": nodes}}, CATALOGUE)[1]


@pytest.mark.parametrize(("language", "code", "said"), FAULTS)
def test_code_that_is_none_is_refused_with_its_place(language: str, code: str, said: str) -> None:
    problems = problems_of({"code": "return 1"}, {"language": language, "code": code})
    assert problems == [Problem("spec.nodes[1].params.code", "code", said)]


def test_code_without_a_language_is_read_as_the_default_one() -> None:
    assert problems_of({"code": "return [x for x in items]"}) != []
    assert problems_of({"code": "return [x for x in items]", "language": "python"}) == []


@pytest.mark.parametrize("code", VALID["javascript"])
def test_valid_javascript_is_never_refused(code: str) -> None:
    assert find_fault(code, "javascript") is None


@pytest.mark.parametrize("code", VALID["python"])
def test_valid_python_is_never_refused(code: str) -> None:
    assert find_fault(code, "python") is None


def test_code_of_which_python_only_warns_is_no_fault() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert find_fault("return 1 is 1, '\\d', (1)()", "python") is None
    assert not told


@pytest.mark.parametrize("code", ["x = " + "-" * 90_000 + "1", "x = a" + ".b" * 40_000])
def test_what_is_nested_too_deeply_is_left_for_its_run(code: str) -> None:
    assert find_fault(code, "python") is None


def test_much_valid_python_is_judged_in_bounded_time() -> None:
    code = "x = a < b < c < d\n" * 5_500
    begun = time.process_time()
    assert problems_of(*[{"language": "python", "code": code}] * 50) == []
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("language", ["javascript", "python"])
@pytest.mark.parametrize(
    "unit", ["a b c ] ) } ", "`${", "<a ", "(a,", "return {a: ;\n", "}\n*", "\n"]
)
def test_a_megabyte_of_rubbish_is_judged_in_bounded_time(language: str, unit: str) -> None:
    code = unit * (100_000 // len(unit))
    begun = time.process_time()
    problems_of(*[{"language": language, "code": code}] * 10)
    assert time.process_time() - begun < 5
