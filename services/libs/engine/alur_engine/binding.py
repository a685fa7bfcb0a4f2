"""Binding: a node's parameters as written, compiled once, and evaluated for each item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Annotated, Any, get_origin

from pydantic import (
    BeforeValidator,
    ConfigDict,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo

from alur_engine.expressions import Evaluator, Jailed, Scope, Template
from alur_engine.expressions.template import jailed_in
from alur_engine.reading.limits import child_path
from alur_sdk.errors import Permanent
from alur_sdk.items import Json
from alur_sdk.nodes import Params
from alur_sdk.truth import truthy

Check = Callable[[Any], Any]
_INPUT_WORDS = ("$item", "$input", "$run")


Dynamic = tuple[str, Template, Check, str]
"""A parameter that is evaluated: its field, its template, what makes it fit, and its name in documents."""


class Binding:
    """Gives the typed parameters for a scope. Those without any expression are made once."""

    __slots__ = (
        "_dynamic",
        "_fixed",
        "_given",
        "_model",
        "bind",
        "constant",
        "jailed",
        "mentions_input",
    )

    def __init__(
        self,
        model: type[Params],
        written: Mapping[str, Any],
        raw: tuple[str, ...],
        evaluator: Evaluator,
    ) -> None:
        """Compile `written`; raises `ExpressionError` or `Permanent` when it does not fit."""
        self._model = model
        fixed: dict[str, Any] = {}
        templates: dict[str, Template] = {}
        for key, value in written.items():
            template = None if key in raw else evaluator.template(value, key)
            if template is None or template.is_constant:
                fixed[key] = value
            else:
                templates[key] = template
        self.mentions_input = any(
            word in text for text in map(repr, map(written.get, templates)) for word in _INPUT_WORDS
        )
        """An expression may look at more of the input than the current item's JSON."""
        self.jailed: tuple[Jailed, ...] = tuple(
            each for key in templates for each in jailed_in(written[key], evaluator)
        )
        """Its expressions that run in the jail; their outcomes have to be foreseen."""
        self._given: set[str] = set()
        self.constant = self._validated(fixed) if not templates else None
        self._fixed = fixed
        self._dynamic: list[Dynamic] = []
        self.bind: Callable[[Scope], Params] = self._binder(fixed, templates)
        """The same as calling it, for loops over many items."""

    def _binder(
        self, fixed: dict[str, Any], templates: dict[str, Template]
    ) -> Callable[[Scope], Params]:
        constant = self.constant
        if constant is not None:
            return lambda _scope: constant
        if self._model.__pydantic_decorators__.model_validators:
            return lambda scope: self._validated(
                {**fixed, **{key: template(scope) for key, template in templates.items()}}
            )
        self._prepare(fixed, templates)
        return _quick_binder(self._model, self._fixed, self._dynamic, self._given)

    def __call__(self, scope: Scope) -> Params:
        """Return the parameters; raises `ExpressionError`, or `Permanent` with the name of what does not fit."""
        return self.bind(scope)

    def for_many(self) -> Callable[[Scope], Params]:
        """Return what gives one and the same object anew for each item: for nodes that do not keep it."""
        if not self._dynamic:
            return self.bind
        values = self._fixed.copy()
        made = _made(self._model, values, self._given)
        dynamic = [(name, each.fill, check, key) for name, each, check, key in self._dynamic]

        def fill(scope: Scope) -> Params:
            for name, evaluate, check, key in dynamic:
                try:
                    values[name] = check(evaluate(scope))
                except ValidationError as error:
                    raise _refused(error, key) from None
            return made

        return fill

    def _validated(self, values: dict[str, Any]) -> Params:
        try:
            return self._model.model_validate(values)
        except ValidationError as error:
            raise _refused(error, "") from None

    def _prepare(self, fixed: dict[str, Any], templates: dict[str, Template]) -> None:
        """Validate what is fixed once, and keep a check for each parameter that is evaluated."""
        values: dict[str, Any] = {}
        for name, field in self._model.model_fields.items():
            key = field.alias or name
            given = key if key in fixed or key in templates else name
            if given in templates:
                self._dynamic.append((name, templates[given], _check(self._model, name), key))
                self._given.add(name)
            elif given in fixed:
                self._given.add(name)
                try:
                    values[name] = _adapter(self._model, name).validate_python(fixed[given])
                except ValidationError as error:
                    raise _refused(error, key) from None
            elif field.is_required():
                raise Permanent(f"the parameter {key} is missing", code="bad-parameter")
            else:
                values[name] = field.get_default(call_default_factory=True)
        self._fixed = values


def _quick_binder(
    model: type[Params], fixed: dict[str, Any], dynamic: list[Dynamic], given: set[str]
) -> Callable[[Scope], Params]:
    """Return what makes parameters without validating again what is fixed."""

    def bind(scope: Scope) -> Params:
        values = fixed.copy()
        for name, template, check, key in dynamic:
            try:
                values[name] = check(template(scope))
            except ValidationError as error:
                raise _refused(error, key) from None
        return _made(model, values, given)

    return bind


def _made(model: type[Params], values: dict[str, Any], given: set[str]) -> Params:
    made = model.__new__(model)
    object.__setattr__(made, "__dict__", values)
    object.__setattr__(made, "__pydantic_fields_set__", given)
    return made


def _as_is(value: Json) -> Json:
    return value


@lru_cache(maxsize=2_000)
def _check(model: type[Params], name: str) -> Check:
    """Return the cheapest function that makes an evaluated value fit the field."""
    field = model.model_fields[name]
    if any(isinstance(m, BeforeValidator) and m.func is truthy for m in field.metadata):
        return truthy
    if field.annotation is Any and not field.metadata:
        return _as_is
    adapter = _adapter(model, name)
    if get_origin(field.annotation) is dict and field.annotation == dict[str, Any]:
        return lambda value: value if type(value) is dict else adapter.validate_python(value)
    return adapter.validate_python


@lru_cache(maxsize=2_000)
def _adapter(model: type[Params], name: str) -> TypeAdapter[Any]:
    field: FieldInfo = model.model_fields[name]
    annotation: Any = field.annotation
    for metadata in field.metadata:
        annotation = Annotated[annotation, metadata]
    try:
        return TypeAdapter(annotation, config=ConfigDict(coerce_numbers_to_str=True))
    except PydanticUserError:  # a model brings its own configuration
        return TypeAdapter(annotation)


def _refused(error: ValidationError, key: str) -> Permanent:
    first = error.errors(include_url=False)[0]
    path = reduce(child_path, first["loc"], key)
    reason = first["msg"].removeprefix("Value error, ")
    what = f"the parameter {path} does not fit" if path else "the parameters do not fit"
    return Permanent(f"{what}: {reason}", parameter=path, code="bad-parameter")
