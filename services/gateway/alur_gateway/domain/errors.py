"""The one table from error codes to what HTTP and gRPC answer, and the errors of the border itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alur_sdk.errors import AlurError, InvalidError, LimitedError

PROBLEM_TYPE = "https://alur.dev/problems/"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code is on the wire: the HTTP status, the name of the gRPC status, the title."""

    status: int
    grpc: str
    title: str


MEANINGS: Mapping[str, Meaning] = {
    "malformed": Meaning(400, "INVALID_ARGUMENT", "The request cannot be read"),
    "invalid": Meaning(422, "INVALID_ARGUMENT", "The input is wrong"),
    "unauthenticated": Meaning(401, "UNAUTHENTICATED", "Sign in first"),
    "forbidden": Meaning(403, "PERMISSION_DENIED", "Not allowed"),
    "csrf": Meaning(403, "PERMISSION_DENIED", "Not allowed"),
    "not-found": Meaning(404, "NOT_FOUND", "Not found"),
    "method-not-allowed": Meaning(405, "UNIMPLEMENTED", "Method not allowed"),
    "too-slow": Meaning(408, "DEADLINE_EXCEEDED", "The request took too long to arrive"),
    "exists": Meaning(409, "ALREADY_EXISTS", "It exists already"),
    "conflict": Meaning(409, "ABORTED", "Changed meanwhile"),
    "wrong-state": Meaning(409, "FAILED_PRECONDITION", "Not possible in this state"),
    "managed": Meaning(409, "FAILED_PRECONDITION", "Managed elsewhere"),
    "too-old": Meaning(410, "OUT_OF_RANGE", "Too long ago"),
    "stale": Meaning(412, "ABORTED", "Changed meanwhile"),
    "too-large": Meaning(413, "RESOURCE_EXHAUSTED", "Too large"),
    "unsupported-media-type": Meaning(415, "INVALID_ARGUMENT", "Unsupported content"),
    "idempotency-mismatch": Meaning(422, "ALREADY_EXISTS", "The key came with other content"),
    "precondition-required": Meaning(428, "FAILED_PRECONDITION", "Say which revision you saw"),
    "rate-limited": Meaning(429, "RESOURCE_EXHAUSTED", "Too many requests"),
    "headers-too-large": Meaning(431, "RESOURCE_EXHAUSTED", "Too many headers"),
    "internal": Meaning(500, "INTERNAL", "Something went wrong here"),
    "execution-failed": Meaning(500, "INTERNAL", "The execution failed"),
    "execution-cancelled": Meaning(500, "ABORTED", "The execution was cancelled"),
    "unavailable": Meaning(503, "UNAVAILABLE", "Not available now"),
    "storage": Meaning(503, "UNAVAILABLE", "The store cannot keep it now"),
    "expression": Meaning(422, "INVALID_ARGUMENT", "The expression failed"),
    "limit": Meaning(422, "RESOURCE_EXHAUSTED", "A limit was reached"),
}
_UNKNOWN = MEANINGS["internal"]


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


def meaning_of(code: str) -> Meaning:
    """Return what a code means on the wire; an unknown one is an internal error."""
    return MEANINGS.get(code, _UNKNOWN)


def status_of(error: AlurError) -> int:
    """Return the HTTP status of an error."""
    return meaning_of(error.code).status


def problem_of(error: AlurError, instance: str, trace_id: str) -> dict[str, Any]:
    """Return the problem document (RFC 9457) of an error, with `errors` when it names faults."""
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
        return [(b"www-authenticate", b'Bearer realm="alur"')]
    if error.retryable:
        return [(b"retry-after", b"2")]
    return []
