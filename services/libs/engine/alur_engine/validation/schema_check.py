"""Parameters against the JSON Schema of their node type (the part of draft 2020-12 that node types use)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from alur_engine.durations import duration_seconds
from alur_engine.reading.limits import child_path
from alur_engine.validation.suggestions import did_you_mean, one_of, shown
from alur_sdk.errors import Problem

Schema = Mapping[str, Any]
_KINDS = {
    "object": "an object", "array": "a list", "string": "text", "boolean": "true or false",
    "integer": "a whole number", "number": "a number", "null": "null",
}  # fmt: skip
_compiled = lru_cache(maxsize=256)(re.compile)

_Rule = Callable[[object, Any], str | None]


def is_expression(value: object) -> bool:
    """Return whether a value is text with an expression in it, so that only its run tells what it is."""
    return isinstance(value, str) and "{{" in value


def schema_problems(
    params: Mapping[str, Any], schema: Schema, path: str, raw: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """Yield where parameters do not fit their schema. An expression fits everywhere but in the parameters `raw`."""
    written = _Checker(schema, expressions=False)
    evaluated = _Checker(schema, expressions=True)
    yield from evaluated.form(params, schema, path)
    properties = schema.get("properties", {})
    for name, value in params.items():
        if name in properties:
            checker = written if name in raw else evaluated
            yield from checker.check(value, properties[name], child_path(path, name))
        elif isinstance(schema.get("additionalProperties"), Mapping):
            yield from evaluated.check(
                value, schema["additionalProperties"], child_path(path, name)
            )


@dataclass(frozen=True, slots=True)
class _Checker:
    """Checks values against parts of one schema."""

    root: Schema
    expressions: bool

    def check(self, value: object, schema: Schema, path: str) -> list[Problem]:
        """Return where a value does not fit."""
        if self.expressions and is_expression(value):
            return []
        schema = self._resolved(schema)
        for combination in ("anyOf", "oneOf"):
            if combination in schema:
                return self._any_of(value, schema, schema[combination], path)
        if reason := _kind_problem(value, schema):
            return [Problem(path, "type", reason)]
        problems = [Problem(path, "value", reason) for reason in _faults(value, schema)]
        for part in schema.get("allOf", ()):
            problems += self.check(value, part, path)
        if isinstance(value, dict):
            problems += [*self.form(value, schema, path), *self._members(value, schema, path)]
        if isinstance(value, list):
            problems += self._elements(value, schema, path)
        return problems

    def form(self, value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
        """Yield fields of an object that are missing or not known."""
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield Problem(child_path(path, name), "missing", f"`{name}` is missing")
        if schema.get("additionalProperties", True) is False:
            for name in value:
                if name not in properties:
                    message = f"unknown field `{name}`{did_you_mean(name, properties)}"
                    yield Problem(child_path(path, name), "unknown-field", message)

    def _resolved(self, schema: Schema) -> Schema:
        for _ in range(10):
            if "$ref" not in schema:
                break
            target: Any = self.root
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target[part]
            schema = {**target, **{key: schema[key] for key in schema if key != "$ref"}}
        return schema

    def _members(self, value: dict[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties")
        for name, member in value.items():
            expected = properties.get(name, others)
            if isinstance(expected, Mapping):
                yield from self.check(member, expected, child_path(path, name))

    def _elements(self, value: list[Any], schema: Schema, path: str) -> Iterator[Problem]:
        first = schema.get("prefixItems", ())
        rest = schema.get("items")
        for index, element in enumerate(value):
            expected = first[index] if index < len(first) else rest
            if isinstance(expected, Mapping):
                yield from self.check(element, expected, child_path(path, index))

    def _any_of(
        self, value: object, schema: Schema, choices: list[Schema], path: str
    ) -> list[Problem]:
        chosen = self._discriminated(value, schema, choices, path)
        if chosen is not None:
            return chosen
        tried = [(choice, self.check(value, choice, path)) for choice in choices]
        if not all(problems for _, problems in tried):
            return []
        near = [p for c, p in tried if not _kind_problem(value, self._resolved(c))]
        if len(near) == 1:
            return near[0]
        expected = one_of(dict.fromkeys(_expected(self._resolved(choice)) for choice in choices))
        return [Problem(path, "type", f"expected {expected}, not {shown(value)}")]

    def _discriminated(
        self, value: object, schema: Schema, choices: list[Schema], path: str
    ) -> list[Problem] | None:
        """Check against the one choice that a field of the value names, where the schema says which field does."""
        field = schema.get("discriminator", {}).get("propertyName")
        if field is None or not isinstance(value, dict):
            return None
        by_name = {
            str(resolved["properties"][field].get("const")): resolved
            for resolved in map(self._resolved, choices)
        }
        place = child_path(path, field)
        if field not in value:
            return [Problem(place, "missing", f"`{field}` is missing: {one_of(by_name)}")]
        named = value[field]
        if not isinstance(named, str) or named not in by_name:
            return [Problem(place, "value", f"expected {one_of(by_name)}, not {shown(named)}")]
        return self.check(value, by_name[named], path)


def _kind_problem(value: object, schema: Schema) -> str | None:
    kinds = schema.get("type")
    if kinds is None:
        return None
    allowed = [kinds] if isinstance(kinds, str) else list(kinds)
    if any(_is_kind(value, kind) for kind in allowed):
        return None
    expected = one_of(_KINDS.get(kind, kind) for kind in allowed)
    return f"expected {expected}, not {shown(value)}"


def _is_kind(value: object, kind: str) -> bool:
    if kind == "integer":
        whole = isinstance(value, float) and value.is_integer()
        return whole or (isinstance(value, int) and not isinstance(value, bool))
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, types.get(kind, object))


def _expected(schema: Schema) -> str:
    if "const" in schema:
        return shown(schema["const"])
    if "enum" in schema:
        return one_of(shown(choice) for choice in schema["enum"])
    kinds = schema.get("type", "something else")
    return one_of(_KINDS.get(k, k) for k in ([kinds] if isinstance(kinds, str) else kinds))


def _faults(value: object, schema: Schema) -> Iterator[str]:
    for keyword, limit in schema.items():
        # The pattern of a duration says the same as its format, in words that nobody reads.
        has_format = keyword == "pattern" and schema.get("format") == "duration"
        rule = None if has_format else _RULES.get(keyword)
        if rule is not None and (reason := rule(value, limit)):
            yield reason


def _enum(value: object, choices: list[object]) -> str | None:
    if any(_same(value, choice) for choice in choices):
        return None
    near = (
        did_you_mean(value, [c for c in choices if isinstance(c, str)])
        if isinstance(value, str)
        else ""
    )
    hint = near if near.startswith("; did") else ""
    return f"expected {one_of(shown(c) for c in choices)}, not {shown(value)}{hint}"


def _same(value: object, other: object) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _pattern(value: object, pattern: str) -> str | None:
    if not isinstance(value, str) or _compiled(pattern).search(value):
        return None
    return f"{shown(value)} does not have the form {pattern}"


def _not(value: object, schema: Schema) -> str | None:
    excluded = schema.get("enum", ())
    return f"anything but {one_of(excluded)}" if value in excluded else None


def _format(value: object, name: str) -> str | None:
    if name == "duration" and isinstance(value, str):
        try:
            duration_seconds(value)
        except ValueError as error:
            return str(error)
    return None


def _property_names(value: object, schema: Schema) -> str | None:
    if not isinstance(value, dict):
        return None
    found = ((name, reason) for name in value for reason in _faults(name, schema))
    return next((f"the field {shown(name)}: {reason}" for name, reason in found), None)


def _bound(words: str, holds: Callable[[float, float], bool]) -> _Rule:
    def rule(value: object, limit: float) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or holds(value, limit):
            return None
        return f"{words} {limit}, not {shown(value)}"

    return rule


def _count(kind: type[Sized], words: str, unit: str, holds: Callable[[int, int], bool]) -> _Rule:
    def rule(value: object, limit: int) -> str | None:
        if not isinstance(value, kind) or holds(len(value), limit):
            return None
        return f"{words} {limit} {unit}, not {len(value)}"

    return rule


_RULES: dict[str, _Rule] = {
    "enum": _enum,
    "const": lambda value, const: _enum(value, [const]),
    "not": _not,
    "pattern": _pattern,
    "format": _format,
    "propertyNames": _property_names,
    "minimum": _bound("at least", operator.ge),
    "maximum": _bound("at most", operator.le),
    "exclusiveMinimum": _bound("more than", operator.gt),
    "exclusiveMaximum": _bound("less than", operator.lt),
    "multipleOf": _bound("a multiple of", lambda v, n: v % n == 0),
    "minLength": _count(str, "at least", "characters", operator.ge),
    "maxLength": _count(str, "at most", "characters", operator.le),
    "minItems": _count(list, "at least", "elements", operator.ge),
    "maxItems": _count(list, "at most", "elements", operator.le),
    "minProperties": _count(dict, "at least", "fields", operator.ge),
    "maxProperties": _count(dict, "at most", "fields", operator.le),
}
