"""What can be said of a parameter value without running it: its faults, and the nodes it names."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from alur_engine.expressions.braces import is_expression, split_text
from alur_engine.expressions.evaluator import CompiledSubset, Evaluator
from alur_engine.expressions.jailed import JailedJavaScript
from alur_engine.expressions.problems import SyntaxProblem, UnsupportedError
from alur_engine.expressions.template import parts_of, strings_in
from alur_engine.expressions.values import Json
from alur_sdk.errors import ExpressionError, Problem

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


def rename_references(value: Json, old: str, new: str) -> Json:
    """Return a nested value in which every expression that names the node `old` names `new`.

    An expression that cannot be parsed is left as it is.
    """
    if isinstance(value, str):
        return _rename_text(value, old, new) if is_expression(value) and _may_name(value) else value
    if isinstance(value, dict):
        return {key: rename_references(member, old, new) for key, member in value.items()}
    if isinstance(value, list):
        return [rename_references(member, old, new) for member in value]
    return value


def _may_name(text: str) -> bool:
    return "$" in text


def _rename_text(text: str, old: str, new: str) -> str:
    from alur_engine.expressions.compiler.renaming import rename  # noqa: PLC0415  loads the grammar

    try:
        parts = split_text(text)
    except ValueError:
        return text
    renamed = []
    for part in parts:
        if not part.is_expression:
            renamed.append(part.text)
            continue
        try:
            renamed.append("{{" + rename(part.text, old, new) + "}}")
        except ExpressionError:
            renamed.append("{{" + part.text + "}}")
    return "".join(renamed)
