"""Expressions: that each can be compiled, and that the nodes which they name are there."""

from __future__ import annotations

from collections.abc import Iterator

from alur_engine.catalogue import Catalogue
from alur_engine.expressions import (
    CompiledSubset,
    Evaluator,
    JailedJavaScript,
    find_problems,
    is_expression,
)
from alur_engine.reading.limits import child_path
from alur_engine.validation.drafts import Draft, Step
from alur_engine.validation.suggestions import did_you_mean
from alur_sdk.errors import Problem


def expression_problems(draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with the expressions in the parameters of nodes.

    A trigger's parameters are read before there are items, so they hold no expressions.
    """
    evaluator = Evaluator((CompiledSubset(), JailedJavaScript()))
    for step in draft.steps:
        kind = catalogue.find(step.type)
        if kind is not None and not step.is_trigger:
            for name, value in step.params.items():
                if name not in kind.raw:
                    path = child_path(f"{step.path}.params", name)
                    yield from _value_problems(value, path, step, draft, evaluator)


def _value_problems(
    value: object, path: str, step: Step, draft: Draft, evaluator: Evaluator
) -> Iterator[Problem]:
    faults = find_problems(value, path)
    if faults:
        yield from faults
        return
    for place, text in _texts(value, path):
        for name in sorted(evaluator.template(text).references):
            if name not in draft.by_name:
                message = f"there is no node or trigger {name!r}{did_you_mean(name, draft.by_name)}"
                yield Problem(place, "unknown-node", message)
            elif name == step.name:
                message = f"{name!r} refers to itself: use `$json` or `$input`"
                yield Problem(place, "unknown-node", message)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield the texts with expressions in a value, each with its path."""
    if isinstance(value, str):
        if is_expression(value):
            yield path, value
    elif isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(member, child_path(path, key))
