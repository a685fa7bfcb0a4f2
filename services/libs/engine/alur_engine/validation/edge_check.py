"""Edges one by one: their ends, their ports, and whether they stand twice."""

from __future__ import annotations

from collections.abc import Iterator

from alur_engine.catalogue import ERROR_PORT, Catalogue
from alur_engine.validation.drafts import Draft, Link, Step
from alur_engine.validation.schema_check import is_expression
from alur_engine.validation.suggestions import did_you_mean
from alur_sdk.errors import Problem


def edge_problems(draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with single edges."""
    seen: dict[tuple[str, str, str, str], Link] = {}
    for link in draft.links:
        first = seen.setdefault((link.source, link.output, link.target, link.input), link)
        if first is not link:
            yield Problem(link.path, "duplicate", f"the same edge as {first.path}")
            continue
        yield from _source(link, draft, catalogue)
        yield from _target(link, draft, catalogue)


def _source(link: Link, draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    source = draft.by_name.get(link.source)
    if source is None:
        yield _nowhere(f"{link.path}.from", link.source, draft)
        return
    ports = output_ports(source, catalogue)
    if ports is not None and link.output not in ports:
        hint = did_you_mean(link.output, ports)
        if link.output == ERROR_PORT and _may_branch(source, catalogue):
            hint = "; a node has it with `onError: branch`"
        yield _no_port(f"{link.path}.output", source, f"output port `{link.output}`{hint}")


def _target(link: Link, draft: Draft, catalogue: Catalogue) -> Iterator[Problem]:
    target = draft.by_name.get(link.target)
    if target is None:
        yield _nowhere(f"{link.path}.to", link.target, draft)
    elif target.is_trigger:
        message = f"{link.target!r} is a trigger: nothing can enter it"
        yield Problem(f"{link.path}.to", "unknown-port", message)
    elif (kind := catalogue.find(target.type)) and link.input not in kind.inputs:
        hint = did_you_mean(link.input, kind.inputs)
        yield _no_port(f"{link.path}.input", target, f"input port `{link.input}`{hint}")


def output_ports(step: Step, catalogue: Catalogue) -> tuple[str, ...] | None:
    """Return the output ports of a step, or None when they cannot be told."""
    kind = catalogue.find(step.type)
    if kind is None:
        return None
    if kind.outputs_from and is_expression(step.params.get(kind.outputs_from[0])):
        return None
    branches = step.on_error == "branch" and _may_branch(step, catalogue)
    return (*kind.ports(step.params), *((ERROR_PORT,) if branches else ()))


def _may_branch(step: Step, catalogue: Catalogue) -> bool:
    """Return whether failures may leave by an error port: what ends the execution lets none out, and scopes have `catch`."""
    kind = catalogue.find(step.type)
    return step.type != "core.stop" and not (kind and kind.scopes)


def _nowhere(path: str, name: str, draft: Draft) -> Problem:
    message = f"there is no node or trigger {name!r}{did_you_mean(name, draft.by_name)}"
    return Problem(path, "unknown-node", message)


def _no_port(path: str, step: Step, port: str) -> Problem:
    return Problem(path, "unknown-port", f"{step.name!r} ({step.type}) has no {port}")
