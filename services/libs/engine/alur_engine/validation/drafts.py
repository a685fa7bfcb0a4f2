"""What can be understood of a document that may be wrong in places, so that one fault does not hide the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """A node or trigger, as far as it is legible. What is missing or of the wrong kind is empty here."""

    path: str
    name: str
    type: str
    params: dict[str, Any]
    credentials: dict[str, Any]
    is_trigger: bool
    on_error: str
    """What a failure does; by `branch` it leaves through the error port."""
    policies: tuple[str, ...]
    """Of `onError`, `retry` and `timeout` what it says other than it is without saying."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge whose ends are named."""

    path: str
    source: str
    output: str
    target: str
    input: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The legible parts of a document. Of several steps of one name, `by_name` holds the first."""

    steps: tuple[Step, ...]
    links: tuple[Link, ...]
    by_name: dict[str, Step]
    settings: dict[str, Any]


_USUAL = (("onError", "stop"), ("retry", None), ("timeout", None))


def read_draft(document: dict[str, Any]) -> Draft:
    """Return the legible parts of a document."""
    spec = _object(document.get("spec"))
    steps = [
        step
        for part in ("triggers", "nodes")
        for index, value in enumerate(_list(spec.get(part)))
        if (step := _step(value, f"spec.{part}[{index}]", part == "triggers"))
    ]
    links = [
        link
        for index, value in enumerate(_list(spec.get("edges")))
        if (link := _link(value, f"spec.edges[{index}]"))
    ]
    by_name: dict[str, Step] = {}
    for step in steps:
        by_name.setdefault(step.name, step)
    return Draft(tuple(steps), tuple(links), by_name, _object(spec.get("settings")))


def _step(value: object, path: str, is_trigger: bool) -> Step | None:
    step = _object(value)
    name = step.get("name")
    if not isinstance(name, str):
        return None
    return Step(
        path=path,
        name=name,
        type=_text(step.get("type"), ""),
        params=_object(step.get("params")),
        credentials=_object(step.get("credentials")),
        is_trigger=is_trigger,
        on_error=_text(step.get("onError"), "stop"),
        policies=tuple(name for name, usual in _USUAL if step.get(name) not in (None, usual)),
    )


def _link(value: object, path: str) -> Link | None:
    edge = _object(value)
    source, target = edge.get("from"), edge.get("to")
    if not isinstance(source, str) or not isinstance(target, str):
        return None
    return Link(
        path, source, _text(edge.get("output"), "main"), target, _text(edge.get("input"), "main")
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) else default
