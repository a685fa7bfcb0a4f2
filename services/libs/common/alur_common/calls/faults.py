"""Errors on their way between services: the same class comes out as went in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import grpc
import orjson
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]  # it has no stubs
    ErrorInfo,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs

from alur_common.calls.status import DETAILS_KEY, status_of
from alur_sdk.errors import (
    AlurError,
    ByteLimitError,
    InvalidError,
    Problem,
    UnavailableError,
)

_MOST_PROBLEMS = 200
_CARRIED = "error"
_OUT_OF_REACH = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
}


def packed(error: AlurError) -> Status:
    """Return the status of an error, with all that makes it again on the other side."""
    status = status_of(error)
    shown: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "details": {k: v for k, v in error.details.items() if isinstance(v, (str, int, float))},
        "after": getattr(error, "after_seconds", None),
    }
    if isinstance(error, InvalidError):
        shown["problems"] = [[p.path, p.code, p.message] for p in error.problems[:_MOST_PROBLEMS]]
    for detail in status.details:
        if detail.Is(ErrorInfo.DESCRIPTOR):
            info = ErrorInfo()
            detail.Unpack(info)
            info.metadata[_CARRIED] = orjson.dumps(shown).decode()
            detail.Pack(info)
    return status


def unpacked(error: grpc.aio.AioRpcError, what: str) -> AlurError:
    """Return the error that the other side raised, or what its absence means."""
    trailing: Any = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == DETAILS_KEY:
            carried = _carried(Status.FromString(value))
            if carried is not None:
                return _made(carried)
    if error.code() in _OUT_OF_REACH:
        return UnavailableError(f"{what} is out of reach: {error.details()}")
    if (
        error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    ):  # of a call: what services refuse is carried
        return ByteLimitError(f"{what} takes no such message: {error.details()}")
    return AlurError(f"{what} failed: {error.code().name}: {error.details()}")


def _carried(status: Status) -> dict[str, Any] | None:
    for detail in status.details:
        if detail.Is(ErrorInfo.DESCRIPTOR):
            info = ErrorInfo()
            detail.Unpack(info)
            if _CARRIED in info.metadata:
                loaded: dict[str, Any] = orjson.loads(info.metadata[_CARRIED])
                return loaded
    return None


def _made(carried: dict[str, Any]) -> AlurError:
    kind = _kinds().get(carried["code"], AlurError)
    error = kind.__new__(kind, carried["message"])
    AlurError.__init__(error, carried["message"], **carried["details"])
    error.code = carried["code"]
    if isinstance(error, InvalidError):
        error.problems = tuple(Problem(*problem) for problem in carried.get("problems", ()))
    if carried["after"] is not None:
        error.after_seconds = carried["after"]  # type: ignore[attr-defined]  # those that say when
    return error


@lru_cache(maxsize=1)
def _kinds() -> dict[str, type[AlurError]]:
    """Return code -> class; the class that brought a code wins over those that inherit it."""
    kinds: dict[str, type[AlurError]] = {}
    for kind in _all(AlurError):
        kinds.setdefault(kind.code, kind)
    return kinds


def _all(kind: type[AlurError]) -> Iterator[type[AlurError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _all(narrower)
