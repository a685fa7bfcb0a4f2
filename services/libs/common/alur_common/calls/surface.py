"""What a port's methods are on the wire: their arguments and results as JSON, by their annotations."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import orjson
from pydantic import TypeAdapter, ValidationError

from alur_sdk.errors import InvalidError, Problem

Adapter = TypeAdapter[Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of a port. `is_stream`: it gives values one after the other."""

    name: str
    signature: inspect.Signature
    arguments: Mapping[str, Adapter]
    result: Adapter
    is_stream: bool

    def write_arguments(self, given: Sequence[Any], named: Mapping[str, Any]) -> bytes:
        """Return the arguments of a call as a JSON object; what was not given is left out."""
        bound = self.signature.bind(*given, **named)
        shown = {
            name: self.arguments[name].dump_python(value, mode="json")
            for name, value in bound.arguments.items()
        }
        return orjson.dumps(shown)

    def read_arguments(self, content: bytes) -> inspect.BoundArguments:
        """Return the arguments that a caller sent. Raises `InvalidError` for what the method does not take."""
        try:
            given = orjson.loads(content)
            values = {name: self.arguments[name].validate_python(v) for name, v in given.items()}
        except (ValueError, KeyError, AttributeError) as error:
            raise self._misfit(error) from error
        return inspect.BoundArguments(self.signature, _ordered(self.signature, values))

    def write_result(self, value: Any) -> bytes:  # noqa: ANN401  # whatever the method returns
        """Return what the method gave as JSON."""
        return orjson.dumps(self.result.dump_python(value, mode="json"))

    def read_result(self, content: bytes) -> Any:  # noqa: ANN401  # whatever the method returns
        """Return what the method gave."""
        return self.result.validate_python(orjson.loads(content))

    def _misfit(self, error: Exception) -> InvalidError:
        text = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)
        message = f"{self.name} cannot be called so: {text}"
        return InvalidError(message, [Problem(self.name, "arguments", message)])


@lru_cache(maxsize=1_000)
def operation_of(method: Callable[..., Any]) -> Operation:
    """Return the operation that a method is, from its annotations. Bound methods and those of protocols will do."""
    signature = inspect.signature(method)
    if "self" in signature.parameters:
        kept = [p for name, p in signature.parameters.items() if name != "self"]
        signature = signature.replace(parameters=kept)
    hints = get_type_hints(method)
    returned = hints.pop("return")
    is_stream = get_origin(returned) is AsyncIterator
    return Operation(
        name=method.__name__,
        signature=signature,
        arguments={name: _adapter(p, hints[name]) for name, p in signature.parameters.items()},
        result=TypeAdapter(get_args(returned)[0] if is_stream else returned),
        is_stream=is_stream,
    )


def _adapter(parameter: inspect.Parameter, hint: Any) -> Adapter:  # noqa: ANN401  # any annotation
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return TypeAdapter(dict[str, hint])
    return TypeAdapter(Any if hint is object else hint)


def _ordered(signature: inspect.Signature, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  # the library's
    return {name: values[name] for name in signature.parameters if name in values}
