"""The JSON Schema of a node's parameters, as forms and validators like it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alur_sdk import Json, Params

_REFERENCE = "#/$defs/"


def schema_of(params: type[Params]) -> dict[str, Json]:
    """Return the schema of a parameter model, written out where it is used.

    `$defs` holds only what the `mapping` of a discriminator names, once more. A parameter that
    may be absent is not also declared as null. `x-ui` is a hint for forms and says nothing of
    what is valid, but that a text is code: `language` names the parameter that tells in which.
    """
    schema = params.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs", {})
    flat = _flat(schema, definitions)
    named = {ref.removeprefix(_REFERENCE) for ref in _mapped(flat)}
    if named:
        flat["$defs"] = {name: _flat(definitions[name], definitions) for name in sorted(named)}
    flat.pop("title", None)
    flat.pop("description", None)
    return flat


def _flat(schema: dict[str, Json], definitions: Mapping[str, Json]) -> dict[str, Json]:
    """Put definitions where they are referred to, and drop what only repeats the field's name."""
    reference = schema.get("$ref")
    if reference is not None:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**definitions[reference.removeprefix(_REFERENCE)], **beside}
    return _without_null({key: _inner(key, value, definitions) for key, value in schema.items()})


def _mapped(schema: Json) -> Iterator[str]:
    """Yield what discriminators refer to, however deep they are."""
    if isinstance(schema, list):
        for inner in schema:
            yield from _mapped(inner)
    elif isinstance(schema, dict):
        yield from schema.get("discriminator", {}).get("mapping", {}).values()
        for inner in schema.values():
            yield from _mapped(inner)


def _inner(key: str, value: Json, definitions: Mapping[str, Json]) -> Json:
    if key == "properties":
        return {name: _titled(name, _flat(inner, definitions)) for name, inner in value.items()}
    if key in ("items", "additionalProperties", "not", "propertyNames") and isinstance(value, dict):
        return _flat(value, definitions)
    if key in ("anyOf", "oneOf", "allOf"):
        return [_flat(inner, definitions) for inner in value]
    return value


def _titled(name: str, schema: dict[str, Json]) -> dict[str, Json]:
    """Give a field the title that people read: `maxPages` is `Max pages`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return {**schema, "title": words[:1].upper() + words[1:]}


def _without_null(schema: dict[str, Json]) -> dict[str, Json]:
    choices = schema.get("anyOf")
    if not choices or {"type": "null"} not in choices or schema.get("default", 0) is not None:
        return schema
    left = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}
