"""The `RegExp` object and its compiled program."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from alur_engine.expressions.regexes.program import Program, compile_program
from alur_engine.expressions.values import UNDEFINED, Special, Value

_FLAG_NAMES: Final = {
    "hasIndices": "d",
    "global": "g",
    "ignoreCase": "i",
    "multiline": "m",
    "dotAll": "s",
    "unicode": "u",
    "sticky": "y",
}


class JsRegExp(Special):
    """A `RegExp`: its source, its flags in order, its program, and where it goes on."""

    __slots__ = ("flags", "last_index", "program", "source")

    def __init__(self, source: str, flags: str, program: Program) -> None:
        self.source = source
        self.flags = flags
        self.program = program
        self.last_index = 0

    def js_string(self) -> str:
        return f"/{self.source}/{self.flags}"

    def read(self, name: str) -> Value:
        if name in _FLAG_NAMES:
            return _FLAG_NAMES[name] in self.flags
        facts = {"source": self.source, "flags": self.flags, "lastIndex": self.last_index}
        return facts.get(name, UNDEFINED)


def make_regexp(source: str, flags: str) -> JsRegExp:
    """Return a new `RegExp`; raises `ExpressionError` for what is wrong or not supported."""
    return JsRegExp(source or "(?:)", "".join(sorted(flags)), _program(source, flags))


@lru_cache(maxsize=256)
def _program(source: str, flags: str) -> Program:
    return compile_program(source, flags)
