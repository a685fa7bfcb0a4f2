"""What is wrong with the expressions of a parameter value, said without running them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from alur_engine.expressions.evaluator import CompiledSubset, Evaluator
from alur_engine.expressions.jailed import JailedJavaScript
from alur_engine.expressions.problems import SyntaxProblem, UnsupportedError
from alur_engine.expressions.template import parts_of, strings_in
from alur_engine.expressions.values import Json
from alur_sdk.errors import Problem

_CODE: Final = "expression"


@lru_cache(maxsize=1)
def _checker() -> Evaluator:
    return Evaluator((CompiledSubset(), JailedJavaScript()))


def find_problems(value: Json, path: str) -> list[Problem]:
    """Return every fault of every expression in a nested value, each under its path."""
    return [problem for where, text in strings_in(value, path) for problem in _faults(where, text)]


def _faults(path: str, text: str) -> list[Problem]:
    try:
        parts = parts_of(text)
    except SyntaxProblem as error:
        return [_problem(path, text, error.offset, error.reason)]
    problems = []
    for part in parts:
        if not part.is_expression:
            continue
        try:
            _checker().compile(part.text)
        except (SyntaxProblem, UnsupportedError) as error:
            problems.append(_problem(path, text, part.offset + error.offset, error.reason))
    return problems


def _problem(path: str, text: str, offset: int, reason: str) -> Problem:
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    place = f"line {line + 1}, column {column}" if line else f"column {column}"
    return Problem(path, _CODE, f"{place}: {reason}")
