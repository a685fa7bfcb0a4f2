"""What a valid document says that is hardly meant: told as a warning, never refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alur_engine.reading.limits import child_path
from alur_engine.validation.hidden import find_hidden
from alur_engine.validation.risks import reached_from
from alur_engine.validation.schema_check import is_bare_expression
from alur_engine.validation.suggestions import did_you_mean
from alur_sdk.errors import Problem

_VARIABLE = re.compile(r"\$vars\s*(?:\?\.|\.)\s*([A-Za-z_]\w*)")

_NAME = r"""\s*(["'])([^"'\\\n]+)\1"""
_NAMED = {
    "javascript": re.compile(rf"(?<![\w$.])\$(?:node\s*\[|(?:node)?\s*\(){_NAME}\s*[\])]"),
    "python": re.compile(rf"(?<![\w.])_(?:node)?\s*\({_NAME}\s*\)"),
}
_IS_COMMENT = re.compile(r"\s*(?://|/?\*|#)")


def find_doubts(document: dict[str, Any]) -> list[Problem]:
    """Return what is doubtful in a document that is valid, each with its path."""
    spec = document["spec"]
    return [*_unreached(spec), *_marked(spec), *_unknown(spec), *find_hidden(spec)]


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


def _unknown(spec: dict[str, Any]) -> Iterator[Problem]:
    """Yield the nodes that code plainly names and that are not there; what it makes up as it runs is left for its run."""
    known = [step["name"] for step in (*spec.get("triggers", ()), *spec.get("nodes", ()))]
    for index, node in enumerate(spec.get("nodes", ())):
        params = node.get("params", {})
        named = _NAMED.get(params.get("language", "javascript"))
        if node["type"] != "core.code" or named is None:
            continue
        lines = [line for line in params["code"].split("\n") if not _IS_COMMENT.match(line)]
        found = named.findall("\n".join(lines))
        for name in dict.fromkeys(name for _, name in found if name not in known):
            message = f"there is no node or trigger {name!r}{did_you_mean(name, known)}"
            yield Problem(f"spec.nodes[{index}].params.code", "unknown-node", message)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(member, child_path(path, key))
