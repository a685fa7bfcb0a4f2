"""What one evaluation may spend, and how it is charged.

A step is one call of a function or one element (or KiB of text) that a built-in function goes
through; a byte is one that an evaluation makes, whether or not it keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alur_engine.expressions.scope import Scope
from alur_sdk.errors import ByteLimitError, StepLimitError

MAX_SOURCE: Final = 65_536
MAX_NESTING: Final = 120
CALL_DEPTH: Final = 60
SLOT_BYTES: Final = 16
"""What an element of an array or an object is charged."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one evaluation of one expression may use before a `LimitError` ends it."""

    steps: int = 1_000_000
    bytes: int = 64 * 1024 * 1024


class _Evaluation:
    """Whose budget the running evaluation spends: conversions to text, deep within operators and methods, are not told."""

    __slots__ = ("scope",)
    scope: Scope | None


running: Final = _Evaluation()
running.scope = None


def spend_list(texts: list[str], separator: str) -> None:
    """Charge the running evaluation for the text of a list, before it is joined.

    Within an operator of a function that is called again and again it costs as much as any method does.
    """
    scope = running.scope
    if scope is not None:
        size = sum(map(len, texts)) + len(separator) * len(texts)
        spend_bytes(scope, size + SLOT_BYTES * len(texts))


def spend_running(count: int) -> None:
    """Charge the running evaluation steps, where its scope is not told."""
    if running.scope is not None:
        spend_steps(running.scope, count)


def spend_steps(scope: Scope, count: int) -> None:
    """Charge `count` steps."""
    scope.steps_left -= count
    if scope.steps_left < 0:
        raise StepLimitError("The expression takes too many steps")


def spend_bytes(scope: Scope, count: int) -> None:
    """Charge `count` bytes, before they are made."""
    scope.bytes_left -= count
    if scope.bytes_left < 0:
        raise ByteLimitError("The expression makes too much data")


def check_bytes(scope: Scope, count: int) -> None:
    """Raise as `spend_bytes` would, and charge nothing: what is made in parts is charged as a whole."""
    if count > scope.bytes_left:
        raise ByteLimitError("The expression makes too much data")


def spend_slots(scope: Scope, count: int) -> None:
    """Charge for going through, and keeping, `count` elements."""
    scope.steps_left -= count
    scope.bytes_left -= count * SLOT_BYTES
    if scope.steps_left < 0:
        raise StepLimitError("The expression goes through too many elements")
    if scope.bytes_left < 0:
        raise ByteLimitError("The expression goes through too many elements")


def spend_text(scope: Scope, text: str) -> None:
    """Charge for going through `text` once."""
    spend_steps(scope, 1 + (len(text) >> 10))
