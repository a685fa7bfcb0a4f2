"""The form of a document: what its model refuses, in words of the document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alur_engine.document import Workflow
from alur_engine.reading.limits import child_path
from alur_engine.validation.suggestions import MOST_HINTS, did_you_mean, quote_it, shown
from alur_sdk.errors import Problem

_LABEL = "a name is a DNS label: lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends"
_KINDS = {
    "model_type": "an object", "dict_type": "an object", "tuple_type": "a list",
    "list_type": "a list", "string_type": "text", "bool_type": "true or false",
    "int_type": "a whole number", "int_from_float": "a whole number", "float_type": "a number",
}  # fmt: skip
_CODES = {"extra_forbidden": "unknown-field", "missing": "missing", "too_long": "limit"}


def read_form(document: dict[str, Any]) -> tuple[Workflow | None, list[Problem]]:
    """Return the workflow, or None and what is wrong with its form. Nothing is converted: `"yes"` is no truth value."""
    try:
        text = json.dumps(document)
        return Workflow.model_validate_json(text, strict=True, by_alias=True, by_name=False), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
        return None, [
            _problem(fault, is_compared=at < MOST_HINTS) for at, fault in enumerate(found)
        ]


def _problem(fault: ErrorDetails, *, is_compared: bool) -> Problem:
    location = [part for part in fault["loc"] if part != "[key]"]
    path = ""
    for part in location:
        path = child_path(path, part)
    kind = fault["type"]
    code = "type" if kind in _KINDS else _CODES.get(kind, "value")
    return Problem(path, code, _message(fault, location, is_compared=is_compared))


def _message(fault: ErrorDetails, location: list[int | str], *, is_compared: bool) -> str:
    kind = fault["type"]
    context = fault.get("ctx", {})
    if kind == "extra_forbidden":
        return (
            unknown_field(Workflow, location) if is_compared else f"unknown field `{location[-1]}`"
        )
    if kind == "missing":
        return f"`{location[-1]}` is missing"
    if kind in _KINDS:
        given = fault["input"]
        return f"expected {_KINDS[kind]}, not {shown(given)}{quote_it(given, _KINDS[kind])}"
    if kind == "literal_error":
        return f"expected {context.get('expected')}, not {shown(fault['input'])}"
    if kind == "string_pattern_mismatch":
        return f"{_LABEL}; {shown(fault['input'])} is none"
    message = fault["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def unknown_field(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """Return what is said of a field that a model does not have, with the nearest that it has there, or all of them."""
    *place, name = location
    return f"unknown field `{name}`{did_you_mean(str(name), _fields(model, place))}"


def _fields(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the fields that a model has at a place within it."""
    models = [model]
    for part in location:
        if isinstance(part, str):
            models = [
                found
                for model in models
                for field in model.model_fields.values()
                if field.alias == part
                for found in _models(field.annotation)
            ]
    return [field.alias or "" for model in models for field in model.model_fields.values()]


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
