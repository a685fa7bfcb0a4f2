"""How an expression is wrong: what cannot be compiled, and what JavaScript would throw."""

from __future__ import annotations

from alur_sdk.errors import ExpressionError


class UnsupportedError(ExpressionError):
    """Valid JavaScript, maybe, but not of the part that is compiled; `offset` counts characters."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason, offset=offset)
        self.offset = offset
        self.reason = reason


class SyntaxProblem(ExpressionError):  # noqa: N818  the name callers know
    """Not a JavaScript expression at all; `offset` counts characters."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason, kind="SyntaxError", offset=offset)
        self.offset = offset
        self.reason = reason


class MistakeError(SyntaxProblem):
    """JavaScript that cannot be meant: no other engine is asked for it."""


def type_error(message: str) -> ExpressionError:
    """The error that JavaScript would throw as a `TypeError`."""
    return ExpressionError(message, kind="TypeError")


def range_error(message: str) -> ExpressionError:
    """The error that JavaScript would throw as a `RangeError`."""
    return ExpressionError(message, kind="RangeError")


def not_a_function(text: str) -> ExpressionError:
    """The error of calling what is no function; `text` is how the source names it."""
    return type_error(f"{text} is not a function")
