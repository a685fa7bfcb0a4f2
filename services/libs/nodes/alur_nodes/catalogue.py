"""Describe all nodes as data: `python -m alur_nodes.catalogue > catalogue.json`.

With `--docs FOLDER` a page a node is written there instead. Both are the same for the same
nodes, byte for byte, so that a generated file that differs is an outdated one.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from alur_nodes.docs import page
from alur_nodes.registry import node_class, own_types
from alur_nodes.schemas import schema_of
from alur_sdk import Json, Node


def entry(type_: str) -> dict[str, Json]:
    """Return what the catalogue says about a node type."""
    node = node_class(type_)
    docs = inspect.getdoc(node) or ""
    described: dict[str, Json] = {
        "type": type_,
        "label": node.label,
        "description": " ".join(docs.split("\n\n")[0].split()),
        "group": type_.split(".", maxsplit=1)[0],
        "icon": node.icon,
        "effect": node.effect.value,
        "trigger": node.trigger,
        "inputs": list(node.inputs),
        "outputs": list(node.outputs),
        "scopes": list(node.scopes),
        "alwaysEmits": node.always_emits,
        "repeatable": node.repeatable,
        "checkpoint": node.checkpoint,
        "raw": list(node.raw),
        "parameters": schema_of(node.params_type()),
        "credentials": [
            {"name": slot.name, "types": list(slot.types), "required": slot.required}
            for slot in node.credentials
        ],
        "example": dict(node.example),
        "docs": docs,
    }
    return described | _rules(node)


def _rules(node: type[Node[Any]]) -> dict[str, Json]:
    rules: dict[str, Json] = {}
    if node.effect_when is not None:
        rule = node.effect_when
        rules["effectWhen"] = {
            "param": rule.param,
            "values": list(rule.values),
            "effect": rule.effect.value,
        }
    if node.outputs_from is not None:
        rules["outputsFrom"] = {"param": node.outputs_from, "field": "name"}
    if node.pool is not None:
        rules["pool"] = node.pool
    if node.any_input_when is not None:
        param, values = node.any_input_when
        rules["anyInputWhen"] = {"param": param, "values": list(values)}
    return rules


def catalogue() -> dict[str, Json]:
    """Return the catalogue of all nodes that come with Alur, sorted by type."""
    return {"items": [entry(type_) for type_ in own_types()]}


def main(arguments: list[str]) -> None:
    """Write the catalogue to standard output, or the pages into a folder."""
    parser = argparse.ArgumentParser(description="Describe all nodes as data.")
    parser.add_argument("--docs", type=Path, help="write a page for each node into this folder")
    folder: Path | None = parser.parse_args(arguments).docs
    described = catalogue()
    if folder is None:
        sys.stdout.write(json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for each in described["items"]:
        (folder / f"{each['type']}.md").write_text(page(each), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
