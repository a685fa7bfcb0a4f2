"""JSON Schema, as pydantic writes it, into the structural schemas of custom resources.

Kubernetes takes no references, no `null` and no look-ahead in patterns; it prunes what is not declared, and clients that ask
for strict validation are told of it. Defaults stay out, so that an object reads as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
_KEPT = (
    "type", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
    "maxProperties", "pattern", "required",
)  # fmt: skip
_LOOK_AHEAD = "(?="
_DURATION = r"^P([0-9]{1,6}W)?([0-9]{1,6}D)?(T([0-9]{1,8}H)?([0-9]{1,8}M)?([0-9]{1,10}([.][0-9]{1,9})?S)?)?$"


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
        made["x-kubernetes-validations"] = [_duration_rule()]
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


def _duration_rule() -> Schema:
    rule = f"self.matches('{_DURATION}') && self.matches('[WDHMS]$')"
    return {
        "rule": rule,
        "message": "is no ISO 8601 duration without years and months, such as PT30S or P7D",
        "reason": "FieldValueInvalid",
    }
