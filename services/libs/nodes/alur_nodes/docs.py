"""The documentation page of a node, made from its entry in the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from alur_sdk import Json

_EFFECTS = {
    "pure": "It touches nothing outside: after a crash it simply runs again.",
    "read": "It reads from outside and changes nothing there: after a crash it runs again.",
    "write": (
        "It changes something outside: its request is kept before it starts and its result "
        "before anything after it does, and every attempt carries the same idempotency key."
    ),
}


def page(entry: Mapping[str, Json]) -> str:
    """Return the page as Markdown, one line feed at its end."""
    title = f"# {entry['label']}\n\n`{entry['type']}`\n\n{entry['docs']}"
    parts = [title, *_facts(entry), _parameters(entry), *_credentials(entry), *_example(entry)]
    return "\n\n".join(parts) + "\n"


def _facts(entry: Mapping[str, Json]) -> Iterator[str]:
    if entry["trigger"]:
        yield "It is a trigger: executions begin with it."
    else:
        yield _EFFECTS[entry["effect"]] + _exception(entry)
    inputs = [] if entry["inputs"] == ["main"] else entry["inputs"]
    if inputs and not entry["trigger"]:
        yield f"**Inputs**: {_names(inputs)}"
    outputs = _names(entry["outputs"]) or "none"
    if "outputsFrom" in entry:
        outputs = f"one for each of `{entry['outputsFrom']['param']}`, and {outputs}"
    yield f"**Outputs**: {outputs}"


def _exception(entry: Mapping[str, Json]) -> str:
    rule = entry.get("effectWhen")
    if rule is None:
        return ""
    values = _names([value for value in rule["values"] if value is not None])
    return f" With `{rule['param']}` {values}: " + _EFFECTS[rule["effect"]]


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _parameters(entry: Mapping[str, Json]) -> str:
    rows = list(_rows(entry["parameters"], ""))
    if not rows:
        return "## Parameters\n\nNone."
    head = "| parameter | type | default | meaning |\n|---|---|---|---|"
    return "## Parameters\n\n" + "\n".join([head, *rows])


def _rows(schema: Mapping[str, Json], prefix: str) -> Iterator[str]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in required else ""
        if field.get("default") is not None:
            default = f"`{json.dumps(field['default'], ensure_ascii=False)}`"
        meaning = field.get("description") or _constant(field)
        cells = (f"`{prefix}{name}`", _type(field), default, meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        yield from _rows(field, f"{prefix}{name}.")
        items = field.get("items")
        if isinstance(items, dict):
            yield from _rows(items, f"{prefix}{name}[].")
        for choice in field.get("oneOf", []):
            yield from _rows(choice, f"{prefix}{name}.")


def _constant(field: Mapping[str, Json]) -> str:
    return f"`{field['const']}`" if "const" in field else ""


def _type(field: Mapping[str, Json]) -> str:
    if "const" in field:
        return "constant"
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    choices = field.get("anyOf") or field.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(choice) for choice in choices))
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format", kind))


def _credentials(entry: Mapping[str, Json]) -> Iterator[str]:
    if not entry["credentials"]:
        return
    rows = [
        f"- `{slot['name']}`{'' if slot['required'] else ' (optional)'}: {_names(slot['types'])}"
        for slot in entry["credentials"]
    ]
    yield "## Credentials\n\n" + "\n".join(rows)


def _example(entry: Mapping[str, Json]) -> Iterator[str]:
    if entry["example"]:
        shown = {"name": entry["label"].lower(), "type": entry["type"], "params": entry["example"]}
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        yield f"## Example\n\n```json\n{text}\n```"
