"""JSON Schema, as pydantic writes it, into the structural schemas of custom resources.

Kubernetes takes no references, no `null` and no look-ahead in patterns; it prunes what is not declared, and clients that ask
for strict validation are told of it. Defaults stay out, so that an object reads as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alur_engine.durations import LONGEST_SECONDS, LONGEST_TOLD

Schema = dict[str, Any]
_KEPT = (
    "type", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
    "maxProperties", "pattern", "required",
)  # fmt: skip
_LOOK_AHEAD = "(?="
_ENDS = "[WDHMS]$"
"""What the look-aheads of a duration's pattern come to."""
_UNITS = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}


def structural(schema: Mapping[str, Any]) -> Schema:
    """Return a pydantic schema with its references resolved, as the API server takes it."""
    return _converted(schema, schema.get("$defs", {}))


def _converted(schema: Mapping[str, Any], models: Mapping[str, Any]) -> Schema:
    schema = _resolved(schema, models)
    made: Schema = {}
    if text := _description(schema):
        made["description"] = text
    made |= {key: schema[key] for key in _KEPT if key in schema}
    if "const" in schema:
        made["enum"] = [schema["const"]]
    if schema.get("format") == "date-time":
        made["format"] = "date-time"
    if _LOOK_AHEAD in made.get("pattern", ""):
        del made["pattern"]
    if schema.get("format") == "duration":
        made["x-kubernetes-validations"] = _duration_rules(schema["pattern"])
    if "items" in schema:
        made["items"] = _converted(schema["items"], models)
    made |= _fields(schema, models)
    return made


def _fields(schema: Mapping[str, Any], models: Mapping[str, Any]) -> Schema:
    if "properties" in schema:
        names = schema["properties"].items()
        return {"properties": {name: _converted(part, models) for name, part in names}}
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and values:
        return {"additionalProperties": _converted(values, models)}
    return {"x-kubernetes-preserve-unknown-fields": True} if values is not None else {}


def _resolved(schema: Mapping[str, Any], models: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema with its reference, or its one choice beside null, in its place."""
    if "$ref" in schema:
        model = models[schema["$ref"].removeprefix("#/$defs/")]
        return _resolved({**model, **_without(schema, "$ref")}, models)
    choices = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    if not choices:
        return schema
    if len(choices) > 1:
        raise ValueError(f"a structural schema has one type: {choices}")
    return _resolved({**choices[0], **_without(schema, "anyOf")}, models)


def _without(schema: Mapping[str, Any], name: str) -> Schema:
    return {key: value for key, value in schema.items() if key != name}


def _description(schema: Mapping[str, Any]) -> str:
    """Return the description with the default and the form of a time, which `kubectl explain` would not show otherwise."""
    text: str = schema.get("description", "")
    if schema.get("format") == "duration":
        text = f"{text} An ISO 8601 duration, such as PT30S or P7D."
    default = schema.get("default")
    if default in (None, "", [], (), {}) or isinstance(default, dict):
        return text
    shown = str(default).lower() if isinstance(default, bool) else default
    return f"{text} Default: {shown}."


def _duration_rules(pattern: str) -> list[Schema]:
    """Return what makes a duration: its form, and its length, in CEL, which knows no ISO 8601."""
    form = re.sub(r"\(\?=[^)]*\)", "", pattern).replace(r"\d", "[0-9]").replace(r"\.", "[.]")
    seconds = " + ".join(
        f"double('0' + self.find('[0-9.]+{unit}').replace('{unit}', '')) * {seconds}.0"
        for unit, seconds in _UNITS.items()
    )
    is_formed = f"self.matches('{form}') && self.matches('{_ENDS}')"
    rules = {
        is_formed: "is no ISO 8601 duration without years and months, such as PT30S or P7D",
        f"!self.matches('{form}') || {seconds} <= {LONGEST_SECONDS:.1f}": f"is longer than {LONGEST_TOLD}",
    }
    return [
        {"rule": rule, "message": message, "reason": "FieldValueInvalid"}
        for rule, message in rules.items()
    ]
