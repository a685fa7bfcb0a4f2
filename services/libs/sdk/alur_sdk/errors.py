"""Every error that crosses a border of Alur, each with a stable code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what a user sent: where (`spec.nodes[2].params.fields`), a stable code, and what to do."""

    path: str
    code: str
    message: str


LIMITED_CREDENTIAL = "limited_credential"
"""The detail by which an error says that a credential's own limits keep it from this host or type: its name."""


class AlurError(Exception):
    """Something Alur refuses or cannot do; `code` is stable and goes on the wire, the message is for people."""

    code: str = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidError(AlurError):
    """The input is wrong; `problems` names every fault with its path."""

    code = "invalid"

    def __init__(self, message: str, problems: Sequence[Problem] = (), **details: Any) -> None:
        super().__init__(message, **details)
        self.problems = tuple(problems)


class UnauthenticatedError(AlurError):
    """Nobody known asks."""

    code = "unauthenticated"


class ForbiddenError(AlurError):
    """Who asks is known and may not."""

    code = "forbidden"


class NotFoundError(AlurError):
    """It does not exist, or not for who asks."""

    code = "not-found"


class ExistsError(AlurError):
    """It exists already."""

    code = "exists"


class ConflictError(AlurError):
    """Someone else changed it first: read again, then decide again."""

    code = "conflict"


class MismatchError(AlurError):
    """An idempotency key came again with other content."""

    code = "idempotency-mismatch"


class StateError(AlurError):
    """It is in a state in which this cannot be done."""

    code = "wrong-state"


class ManagedError(AlurError):
    """Something else manages it, and would undo a change that is made here."""

    code = "managed"


class TooLargeError(AlurError):
    """It is larger than allowed."""

    code = "too-large"


class LimitedError(AlurError):
    """Too many requests; `after_seconds` says when to come again."""

    code = "rate-limited"
    retryable = True

    def __init__(self, message: str, after_seconds: float, **details: Any) -> None:
        super().__init__(message, **details)
        self.after_seconds = after_seconds


class UnavailableError(AlurError):
    """A part that is needed is out of reach or full; try again later."""

    code = "unavailable"
    retryable = True


class StorageError(UnavailableError):
    """The store could not keep what it was given; nothing of it is kept."""

    code = "storage"


class NodeError(AlurError):
    """A node failed. Whether it is tried again is decided by the class, what happened is named by `code`."""

    code = "node-failed"

    def __init__(self, message: str, *, code: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        if code:
            self.code = code


class Permanent(NodeError):
    """Trying again will not help."""


class Retryable(NodeError):
    """Trying again may help; the node's `retry` policy says how often."""

    retryable = True


class RateLimited(Retryable):
    """The other side asks to wait `after_seconds` before the next attempt."""

    code = "rate-limited-by-target"

    def __init__(self, message: str, after_seconds: float, **details: Any) -> None:
        super().__init__(message, **details)
        self.after_seconds = after_seconds


class ExpressionError(Permanent):
    """An expression failed, as JavaScript would have thrown."""

    code = "expression"


class LimitError(Permanent):
    """A limit was reached; where it is known which one, the class below says it."""

    code = "limit"


class ItemLimitError(LimitError):
    """More items than one node run may emit."""

    code = "limit-items"


class ByteLimitError(LimitError):
    """More bytes than may be made, kept or read at once."""

    code = "limit-bytes"


class NodeRunLimitError(LimitError):
    """More node runs than one execution may have."""

    code = "limit-node-runs"


class DepthLimitError(LimitError):
    """Nested too deeply: workflows that start one another, data, or calls within an expression."""

    code = "limit-depth"


class StepLimitError(LimitError):
    """More steps than one expression may take."""

    code = "limit-steps"


class TimeLimitError(LimitError):
    """Code ran for longer than it may."""

    code = "limit-time"


class MemoryLimitError(LimitError):
    """Code used more memory than it may."""

    code = "limit-memory"
