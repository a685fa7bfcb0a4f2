"""Errors as gRPC tells them: `google.rpc.Status` with typed details, by the same table as HTTP."""

from __future__ import annotations

from typing import NoReturn, Protocol

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]  # it has no stubs
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    RetryInfo,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs

from alur_common.meanings import meaning_of
from alur_sdk.errors import AlurError, InvalidError, LimitedError, Problem

DOMAIN = "alur.dev"
_LONGEST_MESSAGE = 500
_MOST_BYTES = 6_000
"""Details travel in trailers, which peers limit to 8 KiB by default."""
DETAILS_KEY = "grpc-status-details-bin"


class Context(Protocol):
    """What is used of the context of a call."""

    async def abort(
        self,
        code: grpc.StatusCode,
        details: str = "",
        trailing_metadata: tuple[tuple[str, bytes], ...] = (),
    ) -> NoReturn: ...


async def abort(context: Context, error: AlurError) -> NoReturn:
    """End the call with an error."""
    status = status_of(error)
    metadata = ((DETAILS_KEY, status.SerializeToString()),)
    await context.abort(code_of(error), status.message, metadata)
    raise AssertionError("unreachable: abort raises")


def code_of(error: AlurError) -> grpc.StatusCode:
    """Return the gRPC code of an error."""
    return grpc.StatusCode[meaning_of(error.code).grpc]


def status_of(error: AlurError) -> Status:
    """Return the status of an error, its details included."""
    code: int = code_of(error).value[0]
    reason = error.code.upper().replace("-", "_")
    status = Status(code=code, message=error.message[:_LONGEST_MESSAGE])
    _add(status, ErrorInfo(reason=reason, domain=DOMAIN))
    if isinstance(error, LimitedError):
        retry = RetryInfo()
        retry.retry_delay.FromMilliseconds(round(error.after_seconds * 1000))
        _add(status, retry)
    if code_of(error) is grpc.StatusCode.FAILED_PRECONDITION:
        violation = PreconditionFailure.Violation(type=reason, description=status.message)
        _add(status, PreconditionFailure(violations=[violation]))
    if isinstance(error, InvalidError) and error.problems:
        _add(status, _violations(error.problems, _MOST_BYTES - status.ByteSize()))
    return status


def _violations(problems: tuple[Problem, ...], room: int) -> BadRequest:
    """Return as many violations as fit."""
    request = BadRequest()
    for problem in problems:
        violation = BadRequest.FieldViolation(
            field=problem.path,
            description=problem.message[:_LONGEST_MESSAGE],
            reason=problem.code.upper().replace("-", "_"),
        )
        room -= violation.ByteSize() + 4
        if room < 0:
            break
        request.field_violations.append(violation)
    return request


def _add(status: Status, detail: Message) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)
