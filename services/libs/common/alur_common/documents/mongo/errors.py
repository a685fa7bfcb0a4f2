"""What the driver's errors mean to a caller. A server's error is told by its code, never by its text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConnectionFailure, DocumentTooLarge, PyMongoError

from alur_sdk.errors import AlurError, StorageError, TooLargeError, UnavailableError

DUPLICATE = frozenset({11000, 11001, 12582})
WRITE_CONFLICT = 112
"""Two writes met: the server asks to send the refused one again."""
PASSING = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        50,  # MaxTimeMSExpired
        64,  # WriteConcernTimeout
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        WRITE_CONFLICT,
        189,  # PrimarySteppedDown
        262,  # ExceededTimeLimit
        9001,  # SocketException
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11602,  # InterruptedDueToReplStateChange
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
    }
)
"""Codes of a server that is busy, changing its role or going away."""
_LONGEST = 300


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the driver raises as an error of ours."""
    try:
        yield
    except PyMongoError as error:
        raise translation(error) from error


def translation(error: PyMongoError) -> AlurError:
    """Return the error of ours: out of reach, too large, or refused."""
    code = getattr(error, "code", None)
    if isinstance(error, ConnectionFailure) or error.timeout or code in PASSING:
        # Behind a comma the driver tells of its own settings and of all that it knows of each server.
        reason = str(error).partition(" (configured timeouts:")[0].partition(", Timeout:")[0]
        return UnavailableError(f"MongoDB is out of reach: {reason[:_LONGEST]}")
    if isinstance(error, DocumentTooLarge):
        return TooLargeError("the document is larger than MongoDB keeps")
    return refusal(code, type(error).__name__)


def refusal(code: object, name: str = "") -> AlurError:
    """Return the error for a code that the server gave; its text may quote documents, so it is not told."""
    if code in PASSING:
        return UnavailableError(f"MongoDB could not do it now (code {code})")
    return StorageError(f"MongoDB refused it (code {code}) {name}".rstrip(), reason=str(code))
