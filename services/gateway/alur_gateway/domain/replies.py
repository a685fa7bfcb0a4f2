"""What a webhook's caller is answered, by the trigger's `respond` mode."""

from __future__ import annotations

from typing import Any

import orjson

from alur_common.executions import Execution
from alur_common.replies import SKIPPED, Outcome
from alur_gateway.domain.answers import (
    JSON,
    NOSNIFF,
    Answer,
    Header,
    json_answer,
    problem_answer,
)
from alur_gateway.domain.hooks import Hook
from alur_sdk.errors import AlurError
from alur_sdk.items import Json
from alur_sdk.nodes import OWN_REPLY_HEADERS

SANDBOX = (
    b"content-security-policy",
    b"sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'",
)
_BODILESS = frozenset({204, 205, 304})


class FailedError(AlurError):
    """The execution that the caller waited for failed."""

    code = "execution-failed"


class CancelledError(AlurError):
    """The execution that the caller waited for was cancelled."""

    code = "execution-cancelled"


class SkippedError(AlurError):
    """The execution that the caller waited for was not let in: as many run as its workflow's limit allows."""

    code = "execution-skipped"


def execution_header(execution_id: str) -> Header:
    """Return the header that names the execution."""
    return (b"alur-execution-id", execution_id.encode())


def accepted_answer(execution_id: str) -> Answer:
    """Return 202 with the id: the execution is durable and its result comes later or to nobody."""
    return json_answer(202, {"id": execution_id}, [execution_header(execution_id)])


def outcome_of(execution: Execution) -> Outcome:
    """Return what a stored execution says to a caller who comes again, or too late to wait."""
    if execution.reply is not None:
        return Outcome("reply", execution.status, reply=execution.reply)
    kind = "ended" if execution.has_ended else "waiting"
    error = execution.error or ({"message": execution.reason} if execution.reason else None)
    return Outcome(kind, execution.status, execution.output, error)


def outcome_answer(
    hook: Hook, execution_id: str, outcome: Outcome, instance: str, trace_id: str
) -> Answer:
    """Return the answer to a caller who waited; a problem names the trace."""
    header = execution_header(execution_id)
    if outcome.kind == "reply" and outcome.reply is not None:
        return reply_answer(outcome.reply, header)
    if outcome.kind != "ended" or outcome.status == "in-doubt":
        return accepted_answer(execution_id)
    if outcome.status == "succeeded":
        if hook.respond == "node":
            return Answer(204, [header])
        return _output_answer(outcome.output, header, whole=hook.whole_result)
    return _failure_answer(execution_id, outcome, instance, trace_id)


def _output_answer(output: Json, header: Header, *, whole: bool) -> Answer:
    if not output:
        return Answer(204, [header])
    return Answer(200, [JSON, header], orjson.dumps(output if whole else output[0]))


def _failure_answer(execution_id: str, outcome: Outcome, instance: str, trace_id: str) -> Answer:
    error = outcome.error or {}
    message = str(error.get("message", f"the execution ended {outcome.status}"))
    refusal = _ending(outcome.status, message)(message, execution=execution_id)
    return problem_answer(refusal, instance, trace_id, [execution_header(execution_id)])


def _ending(status: str, message: str) -> type[AlurError]:
    if status != "cancelled":
        return FailedError
    return SkippedError if message == SKIPPED else CancelledError


def reply_answer(reply: dict[str, Any], header: Header) -> Answer:
    """Return what `core.respond` asked for, made harmless.

    The browser treats it as content of an origin of its own (CSP sandbox) and never guesses its type;
    cookies and the headers of the connection are ours alone.
    """
    status = reply.get("status", 200)
    if not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004  # the statuses of a final answer
        status = 500
    headers: list[Header] = [header, NOSNIFF, SANDBOX]
    kind = b""
    for name, value in (reply.get("headers") or {}).items():
        pair = _safe_header(str(name), str(value))
        if pair is not None:
            headers.append(pair)
            kind = pair[1] if pair[0] == b"content-type" else kind
    body = reply.get("body")
    if status in _BODILESS or body is None:
        return Answer(status, headers)
    if not kind:
        text_type = (b"content-type", b"text/plain; charset=utf-8")
        headers.append(text_type if isinstance(body, str) else JSON)
    return Answer(status, headers, body.encode() if isinstance(body, str) else orjson.dumps(body))


def _safe_header(name: str, value: str) -> Header | None:
    lower = name.lower()
    if lower in OWN_REPLY_HEADERS or not lower.replace("-", "").replace("_", "").isalnum():
        return None
    if not lower.isascii() or any(ord(c) < 32 or ord(c) == 127 for c in value):  # noqa: PLR2004  # control characters
        return None
    return (lower.encode(), value.encode("latin-1", "replace"))
