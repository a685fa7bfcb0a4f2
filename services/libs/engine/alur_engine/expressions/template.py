"""A parameter value with expressions in it, compiled as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from alur_engine.expressions.braces import Part, UnclosedError, split_text
from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.evaluator import Compiled, Evaluator, Program
from alur_engine.expressions.jailed import Jailed
from alur_engine.expressions.limits import running
from alur_engine.expressions.methods.json_text import to_json_text
from alur_engine.expressions.numbers import MAX_SAFE
from alur_engine.expressions.outcome import to_json
from alur_engine.expressions.problems import SyntaxProblem
from alur_engine.expressions.properties import is_plain_name
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.text import narrow, to_well_formed
from alur_engine.expressions.values import UNDEFINED, Json, Special, Undefined, Value
from alur_engine.reading.limits import child_path
from alur_sdk.errors import AlurError, ByteLimitError

if TYPE_CHECKING:
    from alur_engine.expressions.compiler.context import Code

Make = Callable[[Scope], Json]
_KEPT: Final = frozenset({str, bool, dict, list, type(None), Undefined})
"""What a path gives that is JSON as it is."""
_FEW: Final = 9
"""Of so many pieces each can be as long as text may be at all."""
_MOST_TEXT: Final = 64 * 1024 * 1024
_NOTHING: Final[frozenset[str]] = frozenset()


class Template:
    """A value in which `{{ … }}` may stand in any string; calling it fills them in.

    A string that is one expression keeps the expression's type. In mixed text `null` and
    `undefined` are nothing, arrays and objects are JSON. A member of an object whose value is
    `undefined` is left out, elsewhere `undefined` is `None`. What an expression raises says by its detail `parameter` at
    which path below `where` it stands.
    """

    __slots__ = ("constant", "fill", "is_constant", "references")

    def __init__(self, value: Json, evaluator: Evaluator, where: str = "") -> None:
        references: set[str] = set()
        make = _build(value, evaluator, references, where)
        self.is_constant = make is None
        self.constant = value if make is None else None
        self.references = frozenset(references) if references else _NOTHING
        self.fill: Make = _whole(make, value, where)
        """The same as calling it, for loops over many items."""

    def __call__(self, scope: Scope) -> Json:
        return self.fill(scope)


def _whole(make: Make | None, written: Json, where: str) -> Make:
    if make is None:
        return lambda _scope: written
    if not isinstance(written, str):
        return make  # its members see to themselves

    def fill(scope: Scope) -> Json:
        try:
            value = make(scope)
        except AlurError as error:
            _locate(error, written, where)
            raise
        return None if value is UNDEFINED else value

    return fill


def _build(value: Json, evaluator: Evaluator, references: set[str], where: str) -> Make | None:
    """Return what makes the value, or `None` when it is constant."""
    if isinstance(value, str):
        return _text(value, evaluator, references) if "{{" in value else None
    if isinstance(value, dict):
        return _members(value, evaluator, references, where)
    return _elements(value, evaluator, references, where) if isinstance(value, list) else None


def _members(
    value: dict[str, Json], evaluator: Evaluator, references: set[str], where: str
) -> Make | None:
    made = {
        key: _build(member, evaluator, references, child_path(where, key))
        for key, member in value.items()
    }
    changing = [(key, make) for key, make in made.items() if make is not None]
    if not changing:
        return None

    def fill(scope: Scope) -> Json:
        filled = value.copy()
        for key, make in changing:
            try:
                member = make(scope)
            except AlurError as error:
                _locate(error, value[key], child_path(where, key))
                raise
            if member is UNDEFINED:
                del filled[key]
            else:
                filled[key] = member
        return filled

    return fill


def _elements(
    value: list[Json], evaluator: Evaluator, references: set[str], where: str
) -> Make | None:
    made = [
        (index, _build(member, evaluator, references, child_path(where, index)))
        for index, member in enumerate(value)
    ]
    changing = [(index, make) for index, make in made if make is not None]
    if not changing:
        return None

    def fill(scope: Scope) -> Json:
        filled = value.copy()
        for index, make in changing:
            try:
                element = make(scope)
            except AlurError as error:
                _locate(error, value[index], child_path(where, index))
                raise
            filled[index] = None if element is UNDEFINED else element
        return filled

    return fill


def _locate(error: AlurError, written: Json, where: str) -> None:
    """Say where it was raised; what is nested deeper has said so itself. An error may be raised for several items."""
    if isinstance(written, str):
        error.details["parameter"] = where


def parts_of(text: str) -> list[Part]:
    """Return the pieces of a text; raises `SyntaxProblem` when one is not closed."""
    try:
        return split_text(text)
    except UnclosedError as error:
        raise SyntaxProblem(error.offset, str(error)) from error


def _text(text: str, evaluator: Evaluator, references: set[str]) -> Make:
    parts = parts_of(text)
    pieces: list[str | Compiled] = []
    for part in parts:
        if not part.is_expression:
            pieces.append(part.text)
            continue
        compiled = evaluator.compile(part.text)
        references |= compiled.references
        pieces.append(compiled)
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return _alone(pieces[0])
    return _mixed(pieces)


def _alone(compiled: Compiled) -> Make:
    if isinstance(compiled, Program):
        if compiled.is_plain_path:
            return _path(compiled)
        return _heavy(compiled) if compiled.is_heavy else _light(compiled)
    raw = compiled.raw

    def value_of(scope: Scope) -> Json:
        value = raw(scope)
        return value if value is UNDEFINED else to_json(value)

    return value_of


def _heavy(program: Program) -> Make:
    raw = program.raw

    def evaluate(scope: Scope) -> Json:
        value = raw(scope)
        kind = type(value)
        if kind is bool or value is UNDEFINED or (kind is str and value.isascii()):
            return value
        return to_json(value)

    return evaluate


def _path(program: Program) -> Make:
    """A path gives data, which is JSON already; only scalars may need care."""
    if len(program.json_names) in (1, 2) and is_plain_name(program.json_names[-1]):
        return _short_path(program, program.json_names)
    code = program.code

    def read(scope: Scope) -> Json:
        value = code(scope, None)
        kind = type(value)
        if kind in _KEPT or (kind is int and -MAX_SAFE <= value <= MAX_SAFE):
            return value
        return to_json(value)

    return read


def _short_path(program: Program, names: tuple[str, ...]) -> Make:
    """The usual paths, read here where all is there: each call that is saved can be measured."""
    code, first, last = program.code, names[0], names[-1]

    def read_one(scope: Scope) -> Json:
        holder = scope.json
        value = holder.get(first, UNDEFINED) if type(holder) is dict else code(scope, None)
        kind = type(value)
        if kind in _KEPT or (kind is int and -MAX_SAFE <= value <= MAX_SAFE):
            return value
        return to_json(value)

    def read_two(scope: Scope) -> Json:
        try:
            holder = scope.json[first]
        except (KeyError, TypeError, AttributeError):
            holder = None
        value = holder.get(last, UNDEFINED) if type(holder) is dict else code(scope, None)
        kind = type(value)
        if kind in _KEPT or (kind is int and -MAX_SAFE <= value <= MAX_SAFE):
            return value
        return to_json(value)

    return read_one if len(names) == 1 else read_two


def _light(program: Program) -> Make:
    code, budget = program.code, program.limits.bytes

    def evaluate(scope: Scope) -> Json:
        running.scope = scope
        scope.bytes_left = budget
        value = code(scope, None)
        kind = type(value)
        if kind is bool or value is UNDEFINED or (kind is str and value.isascii()):
            return value
        return to_json(value)

    return evaluate


def _mixed(pieces: list[str | Compiled]) -> Make:
    readers = [
        (piece, None) if isinstance(piece, str) else ("", _reader(piece)) for piece in pieces
    ]

    is_long = len(readers) > _FEW

    def join(scope: Scope) -> str:
        texts = []
        for literal, read in readers:
            if read is None:
                texts.append(literal)
                continue
            value = read(scope, None)
            kind = type(value)
            texts.append(value if kind is str else shown(scope, value))
        if is_long and sum(map(len, texts)) > _MOST_TEXT:
            raise ByteLimitError("The text with its expressions filled in is larger than 64 MiB")
        joined = "".join(texts)
        return joined if joined.isascii() else to_well_formed(narrow(joined))

    return join


def _reader(compiled: Compiled) -> Code:
    """Return what gives the value of an expression within text; a path needs no budget."""
    if isinstance(compiled, Program) and compiled.is_plain_path:
        return compiled.code
    raw = compiled.raw
    return lambda scope, _e: raw(scope)


def shown(scope: Scope, value: Value) -> str:
    """Return what a value reads as in the midst of text."""
    if type(value) is int:
        return to_js_string(value)
    if value is None or value is UNDEFINED:
        return ""
    if isinstance(value, Special):
        value = value.js_json()
        return "" if value is UNDEFINED or value is None else shown(scope, value)
    if isinstance(value, (list, dict)):
        scope.steps_left = scope.bytes_left = 64 * 1024 * 1024
        return to_json_text(scope, value) or ""
    return to_js_string(value)


def strings_in(value: Json, path: str) -> Iterator[tuple[str, str]]:
    """Yield every string with an expression in a nested value, with its path."""
    waiting = [(path, value)]
    while waiting:
        where, inner = waiting.pop()
        if isinstance(inner, str):
            if "{{" in inner:
                yield where, inner
        elif isinstance(inner, dict):
            waiting.extend((f"{where}.{key}", inner[key]) for key in reversed(inner))
        elif isinstance(inner, list):
            waiting.extend((f"{where}[{i}]", inner[i]) for i in range(len(inner) - 1, -1, -1))


def jailed_in(value: Json, evaluator: Evaluator) -> list[Jailed]:
    """Return the expressions of a value that run in the jail."""
    parts = [part for _, text in strings_in(value, "") for part in parts_of(text)]
    compiled = [evaluator.compile(part.text) for part in parts if part.is_expression]
    return [each for each in compiled if isinstance(each, Jailed)]
