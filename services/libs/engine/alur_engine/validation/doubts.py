"""What a valid document says that is hardly meant: told as a warning, never refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alur_engine.reading.limits import child_path
from alur_engine.validation.hidden import find_hidden
from alur_engine.validation.risks import reached_from
from alur_engine.validation.schema_check import is_bare_expression
from alur_sdk.errors import Problem

_VARIABLE = re.compile(r"\$vars\s*(?:\?\.|\.)\s*([A-Za-z_]\w*)")


def find_doubts(document: dict[str, Any]) -> list[Problem]:
    """Return what is doubtful in a document that is valid, each with its path."""
    spec = document["spec"]
    return [*_unreached(spec), *_marked(spec), *find_hidden(spec)]


def variables_named(document: dict[str, Any]) -> dict[str, str]:
    """Return the variables that expressions name as `$vars.NAME` -> the path where each is first named."""
    named: dict[str, str] = {}
    for path, text in _texts(document["spec"].get("nodes", []), "spec.nodes"):
        if "{{" in text:
            for name in _VARIABLE.findall(text):
                named.setdefault(name, path)
    return named


def _unreached(spec: dict[str, Any]) -> Iterator[Problem]:
    """Yield the nodes that no trigger leads to; without triggers a run begins at all that nothing leads to."""
    triggers = [trigger["name"] for trigger in spec.get("triggers", ())]
    if not triggers:
        return
    reached = reached_from(triggers, spec.get("edges", ()))
    for index, node in enumerate(spec.get("nodes", ())):
        if node["name"] not in reached:
            message = f"no trigger leads to {node['name']!r}, so it does not run"
            yield Problem(f"spec.nodes[{index}]", "unreached", message)


def _marked(spec: dict[str, Any]) -> Iterator[Problem]:
    """Yield texts that are expressions elsewhere."""
    for path, text in _texts(spec.get("nodes", []), "spec.nodes"):
        if text.startswith("={{"):
            message = "the `=` before `{{` stays in the text: an expression is `{{ … }}` alone"
            yield Problem(path, "marked", message)
        elif is_bare_expression(text):
            message = f"{text.strip()!r} stays text: an expression stands in `{{{{ … }}}}`, a path goes without `$json.`"
            yield Problem(path, "marked", message)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(member, child_path(path, key))
