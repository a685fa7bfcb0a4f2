"""Compiling expressions, with the seam for a second engine, and running what was compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from alur_engine.expressions.limits import CALL_DEPTH, Limits, running
from alur_engine.expressions.outcome import to_json
from alur_engine.expressions.problems import UnsupportedError
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Json, Value
from alur_sdk.errors import ByteLimitError, DepthLimitError, ExpressionError

if TYPE_CHECKING:
    from alur_engine.expressions.compiler.context import Code
    from alur_engine.expressions.template import Template

CACHED: Final = 4096
LONG: Final = 256
"""A source with more characters is long: what it compiles to may take a hundred times as many bytes."""
CACHED_LONG: Final = 32


class Compiled(Protocol):
    """One expression, ready to be evaluated."""

    @property
    def references(self) -> frozenset[str]:
        """The nodes that it names."""

    def __call__(self, scope: Scope) -> Json:
        """Return its value as JSON, or `UNDEFINED`; raises as JavaScript would throw."""

    def raw(self, scope: Scope) -> Value:
        """Return its value before it becomes JSON."""


class Engine(Protocol):
    """One way to run expressions."""

    def compile(self, source: str, limits: Limits) -> Compiled:
        """Compile one expression, or raise `UnsupportedError` for another engine to try."""


class Program:
    """A compiled expression of `CompiledSubset`."""

    __slots__ = ("code", "is_heavy", "is_plain_path", "json_names", "limits", "raw", "references")

    def __init__(
        self,
        code: Code,
        references: frozenset[str],
        limits: Limits,
        *,
        is_heavy: bool,
        is_plain_path: bool,
        json_names: tuple[str, ...] = (),
    ) -> None:
        self.code = code
        self.references = references
        self.limits = limits
        self.is_heavy = is_heavy
        self.is_plain_path = is_plain_path
        self.json_names = json_names
        self.raw: Callable[[Scope], Value] = _budgeted(code, limits)
        """Returns the value before it becomes JSON."""

    def __call__(self, scope: Scope) -> Json:
        value = self.raw(scope)
        return value if value is UNDEFINED else to_json(value)


def _budgeted(code: Code, limits: Limits) -> Callable[[Scope], Value]:
    steps, size = limits.steps, limits.bytes

    def raw(scope: Scope) -> Value:
        running.scope = scope
        scope.steps_left = steps
        scope.bytes_left = size
        scope.depth_left = CALL_DEPTH
        scope.thawed = None
        try:
            return code(scope, None)
        except RecursionError as error:
            raise DepthLimitError("The expression or its data is nested too deeply") from error
        except (MemoryError, OverflowError) as error:
            raise ByteLimitError("The expression makes too much data") from error

    return raw


class CompiledSubset:
    """The common part of JavaScript, compiled to closures over JSON values."""

    def compile(self, source: str, limits: Limits) -> Compiled:
        """Compile one expression."""
        # The compiler and its grammar are loaded when there is something to compile.
        from alur_engine.expressions.compiler.core import compile_source  # noqa: PLC0415  loaded when needed

        made = compile_source(source)
        return Program(
            made.code,
            made.references,
            limits,
            is_heavy=made.is_heavy,
            is_plain_path=made.is_plain_path,
            json_names=made.json_names,
        )


class Evaluator:
    """Compiles expressions and values that hold them; asks its engines in order."""

    def __init__(
        self, engines: Sequence[Engine] = (CompiledSubset(),), limits: Limits | None = None
    ) -> None:
        self._engines = tuple(engines)
        self._limits = limits or Limits()
        self._cached = lru_cache(maxsize=CACHED)(self._compile)
        self._cached_long = lru_cache(maxsize=CACHED_LONG)(self._compile)

    def compile(self, source: str) -> Compiled:
        """Compile one expression, given without its braces.

        Raises:
            SyntaxProblem: It is no JavaScript expression.
            UnsupportedError: No engine runs it; the first engine's reason.
        """
        return self._cached(source) if len(source) <= LONG else self._cached_long(source)

    def template(self, value: Json, where: str = "") -> Template:
        """Compile a whole parameter value: a string, or lists and objects of them. `where` is what errors call it."""
        from alur_engine.expressions.template import Template  # noqa: PLC0415  it needs this module

        return Template(value, self, where)

    def _compile(self, source: str) -> Compiled:
        refused: UnsupportedError | None = None
        for engine in self._engines:
            try:
                return engine.compile(source, self._limits)
            except UnsupportedError as error:
                refused = refused or error
        raise refused or ExpressionError("There is no engine to run expressions")
