"""Nodes and triggers one by one: names, types, parameters and credentials."""

from __future__ import annotations

from collections.abc import Iterator

from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.validation.drafts import Draft, Step
from alur_engine.validation.schema_check import schema_problems
from alur_engine.validation.suggestions import did_you_mean
from alur_sdk.errors import Problem


def step_problems(draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with single nodes and triggers."""
    for step in draft.steps:
        first = draft.by_name[step.name]
        if first is not step:
            message = f"the name {step.name!r} is taken by {first.path}: names are unique over nodes and triggers"
            yield Problem(f"{step.path}.name", "duplicate", message)
        kind = catalogue.find(step.type)
        if kind is None:
            yield from _unknown_type(step, catalogue)
        elif kind.trigger != step.is_trigger:
            yield _misplaced(step)
        else:
            yield from _parameters(step, kind)
            yield from _credentials(step, kind)
            yield from _idle_policies(step, kind)


def _unknown_type(step: Step, catalogue: Catalogue) -> Iterator[Problem]:
    if not step.type:
        return
    known = [name for name in catalogue.names() if catalogue.get(name).trigger == step.is_trigger]
    message = f"there is no {_kind(step)} type `{step.type}`{did_you_mean(step.type, known)}"
    yield Problem(f"{step.path}.type", "unknown-type", message)


def _misplaced(step: Step) -> Problem:
    if step.is_trigger:
        message = f"`{step.type}` is no trigger type: list it under spec.nodes"
    else:
        message = f"`{step.type}` is a trigger type: list it under spec.triggers"
    return Problem(f"{step.path}.type", "unknown-type", message)


def _parameters(step: Step, kind: NodeType) -> Iterator[Problem]:
    raw = frozenset(step.params) if step.is_trigger else frozenset(kind.raw)
    yield from schema_problems(step.params, kind.parameters, f"{step.path}.params", raw)
    yield from _repeated_ports(step, kind)


def _repeated_ports(step: Step, kind: NodeType) -> Iterator[Problem]:
    """Yield the elements that name an output port that an element before has already."""
    if kind.outputs_from is None:
        return
    param, field = kind.outputs_from
    listed = step.params.get(param)
    taken: set[str] = set()
    for index, element in enumerate(listed if isinstance(listed, list) else ()):
        name = element.get(field) if isinstance(element, dict) else None
        if isinstance(name, str) and name in taken:
            path = f"{step.path}.params.{param}[{index}].{field}"
            message = f"the name {name!r} is taken by an element before: each has its own port"
            yield Problem(path, "duplicate", message)
        if isinstance(name, str):
            taken.add(name)


def _credentials(step: Step, kind: NodeType) -> Iterator[Problem]:
    for slot in step.credentials:
        if slot not in kind.credentials:
            message = (
                f"`{step.type}` takes no credential `{slot}`{did_you_mean(slot, kind.credentials)}"
            )
            yield Problem(f"{step.path}.credentials.{slot}", "unknown-field", message)


def _idle_policies(step: Step, kind: NodeType) -> Iterator[Problem]:
    """Yield the policies of a node that hands its items to a scope: what may fail and take long are the nodes in there."""
    for name in step.policies if kind.scopes else ():
        message = (
            f"`{name}` would have no effect on `{step.type}`, which only hands its items on: "
            f"say it at the nodes behind its port `{kind.scopes[0]}`"
        )
        yield Problem(f"{step.path}.{name}", "value", message)


def _kind(step: Step) -> str:
    return "trigger" if step.is_trigger else "node"
