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
from alur_engine.validation.suggestions import MOST_HINTS, did_you_mean, one_of, quote_it, shown
from alur_sdk.errors import Problem

Schema = Mapping[str, Any]
_KINDS = {
    "object": "an object", "array": "a list", "string": "text", "boolean": "true or false",
    "integer": "a whole number", "number": "a number", "null": "null",
}  # fmt: skip
_LARGEST = 2**63
_NAMES = (
    "json|binary|items?|input|node|trigger|vars|env|execution|workflow|run|now|today|index|runIndex"
)
# `$json.total`, and `{ $json.total }` and `${$json.total}` as other templates have it: one line, no brace within.
_BARE = re.compile(rf"(?:\$?\{{)?[ ]*\$(?:(?:{_NAMES})\b|\()[^{{}}\n]*\}}?")
_compiled = lru_cache(maxsize=256)(re.compile)

_Rule = Callable[[object, Any], str | None]


def is_expression(value: object) -> bool:
    """Return whether a value is text with an expression in it, so that only its run tells what it is."""
    return isinstance(value, str) and "{{" in value


def is_bare_expression(value: object) -> bool:
    """Return whether a value is one line that begins as an expression does, without the braces that make it one."""
    return isinstance(value, str) and _BARE.fullmatch(value.strip()) is not None


def schema_problems(
    params: Mapping[str, Any], schema: Schema, path: str, raw: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """Yield where parameters do not fit their schema. An expression fits everywhere but in the parameters `raw`."""
    checkers = {
        False: _Checker(schema, expressions=True),
        True: _Checker(schema, expressions=False),
    }
    given = dict(params)
    yield from checkers[False].whole(given, schema, path)
    for name, value in given.items():
        for part in _member_schemas(name, schema):
            yield from checkers[name in raw].check(value, part, child_path(path, name))


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
        if reason := _kind_problem(value, schema):
            bare = self.expressions and is_bare_expression(value)
            hint = ": an expression stands in `{{ … }}`" if bare else ""
            return [Problem(path, "type", reason + hint)]
        problems = list(self.whole(value, schema, path))
        if isinstance(value, dict):
            for name, member in value.items():
                for part in _member_schemas(name, schema):
                    problems += self.check(member, part, child_path(path, name))
        if isinstance(value, list):
            problems += self._elements(value, schema, path)
        return problems

    def whole(self, value: object, schema: Schema, path: str) -> Iterator[Problem]:
        """Yield what is wrong with a value as a whole, its members aside."""
        for combination in ("anyOf", "oneOf"):
            if combination in schema:
                yield from self._any_of(value, schema, schema[combination], path)
        for part in schema.get("allOf", ()):
            yield from self.check(value, part, path)
        if "if" in schema:
            fits = not _Checker(self.root, expressions=False).check(value, schema["if"], path)
            yield from self.check(value, schema.get("then" if fits else "else", {}), path)
        for reason in _faults(value, schema):
            yield Problem(path, "value", reason)
        if isinstance(value, dict):
            yield from self.form(value, schema, path)

    def form(self, value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
        """Yield fields of an object that are missing or not known."""
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield Problem(child_path(path, name), "missing", f"`{name}` is missing")
        if schema.get("additionalProperties", True) is False:
            unknown = (name for name in value if not list(_member_schemas(name, schema)))
            for at, name in enumerate(unknown):
                hint = did_you_mean(name, properties) if at < MOST_HINTS else ""
                yield Problem(
                    child_path(path, name), "unknown-field", f"unknown field `{name}`{hint}"
                )

    def _resolved(self, schema: Schema) -> Schema:
        for _ in range(10):
            if "$ref" not in schema:
                break
            target: Any = self.root
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target[part]
            schema = {**target, **{key: schema[key] for key in schema if key != "$ref"}}
        return schema

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
        alternatives = [choice["required"] for choice in choices if choice.keys() == {"required"}]
        if len(alternatives) == len(choices):
            return _one_required(value, alternatives, path)
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


def _member_schemas(name: str, schema: Schema) -> Iterator[Schema]:
    """Yield what a field of this name has to fit."""
    found = [part for key, part in schema.get("properties", {}).items() if key == name]
    patterns = schema.get("patternProperties", {})
    found += [part for pattern, part in patterns.items() if _compiled(pattern).search(name)]
    others = schema.get("additionalProperties")
    if not found and isinstance(others, Mapping):
        found.append(others)
    yield from found


def _one_required(value: object, alternatives: list[list[str]], path: str) -> list[Problem]:
    if not isinstance(value, dict) or any(value.keys() >= {*names} for names in alternatives):
        return []
    wanted = one_of(" and ".join(f"`{name}`" for name in names) for names in alternatives)
    return [Problem(path, "missing", f"give {wanted}")]


def _kind_problem(value: object, schema: Schema) -> str | None:
    kinds = schema.get("type")
    if kinds is None:
        return None
    allowed = [kinds] if isinstance(kinds, str) else list(kinds)
    if any(_is_kind(value, kind) for kind in allowed):
        return None
    expected = one_of(_KINDS.get(kind, kind) for kind in allowed)
    return f"expected {expected}, not {shown(value)}{quote_it(value, expected)}"


def _is_kind(value: object, kind: str) -> bool:
    if kind == "integer":
        whole = isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST
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
    named = schema.get("format")
    for keyword, limit in schema.items():
        rule = _RULES.get(keyword)
        if keyword == "pattern" and named in _PATTERNS_BY_FORMAT:
            rule = _PATTERNS_BY_FORMAT[named]
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


def _path(value: object, pattern: str) -> str | None:
    if _pattern(value, pattern) is None:
        return None
    return f"{shown(value)} is no path such as `price.total` or `lines[0].sku`"


def _not(value: object, schema: Schema) -> str | None:
    if "required" in schema:
        together = isinstance(value, dict) and value.keys() >= {*schema["required"]}
        names = " and ".join(f"`{name}`" for name in schema["required"])
        return f"{names} exclude each other: give one of them" if together else None
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

_PATTERNS_BY_FORMAT: dict[str, _Rule] = {
    "cron": lambda *_: None,
    "duration": lambda *_: None,
    "path": _path,
}
"""Formats whose pattern is told in words, or said again by a rule that has words for it."""
