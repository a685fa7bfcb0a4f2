"""The errors of the border itself, and what HTTP answers."""

from __future__ import annotations

from typing import Any

from alur_common.meanings import meaning_of
from alur_sdk.errors import AlurError, ForbiddenError, InvalidError, LimitedError

PROBLEM_TYPE = "https://alur.dev/problems/"


class MalformedError(InvalidError):
    """The bytes cannot be read as what they claim to be."""

    code = "malformed"


class EvaluationError(InvalidError):
    """An expression that a caller wants to try failed."""

    code = "expression"


class CsrfError(AlurError):
    """A write by a session came without the token that shows that our own page sent it."""

    code = "csrf"


class MethodError(AlurError):
    """The address exists, but not for this method; `allow` names those that work."""

    code = "method-not-allowed"

    def __init__(self, message: str, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class InternalError(AlurError):
    """Something unexpected happened; the log has it under the trace id."""

    @classmethod
    def unexpected(cls) -> InternalError:
        """Return what a caller is told, which is nothing of the error itself."""
        return cls("something went wrong here; the log has it under the traceId")


class MediaTypeError(AlurError):
    """The content is of a type that is not read here."""

    code = "unsupported-media-type"


class StaleError(AlurError):
    """The caller's revision is not the newest: `If-Match` or `If-None-Match` does not hold."""

    code = "stale"


class TooOldError(AlurError):
    """What is asked for lies before what is remembered: start over."""

    code = "too-old"


class PreconditionError(AlurError):
    """A change of what exists needs `If-Match`."""

    code = "precondition-required"


def status_of(error: AlurError) -> int:
    """Return the HTTP status of an error."""
    return meaning_of(error.code).status


def problem_of(error: AlurError, instance: str, trace_id: str) -> dict[str, Any]:
    """Return the problem document (RFC 9457) of an error, with `errors` when it names faults, or what in a document is forbidden."""
    meaning = meaning_of(error.code)
    problem: dict[str, Any] = {
        "type": PROBLEM_TYPE + error.code,
        "title": meaning.title,
        "status": meaning.status,
        "detail": error.message,
        "instance": instance,
        "code": error.code,
        "traceId": trace_id,
    }
    if isinstance(error, InvalidError):
        problem["errors"] = [
            {"path": fault.path, "code": fault.code, "message": fault.message}
            for fault in error.problems
        ]
    if isinstance(error, ForbiddenError) and "path" in error.details:
        path = str(error.details["path"])
        fault = {
            "path": path,
            "code": error.code,
            "message": error.message.removeprefix(f"{path}: "),
        }
        problem["errors"] = [fault]
    execution = error.details.get("execution")
    if execution:
        problem["executionId"] = execution
    return problem


def headers_of(error: AlurError) -> list[tuple[bytes, bytes]]:
    """Return the headers that belong to an error."""
    if isinstance(error, LimitedError):
        return [(b"retry-after", str(max(1, round(error.after_seconds + 0.5))).encode())]
    if isinstance(error, MethodError):
        return [(b"allow", error.allow.encode())]
    if error.code == "unauthenticated":
        scheme = str(error.details.get("scheme", "Bearer"))
        return [(b"www-authenticate", f'{scheme} realm="alur"'.encode())]
    if error.retryable:
        return [(b"retry-after", b"2")]
    return []
