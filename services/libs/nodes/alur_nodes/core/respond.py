"""The node `core.respond`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from alur_sdk import (
    OWN_REPLY_HEADERS,
    BatchNode,
    Effect,
    Item,
    NodeContext,
    Params,
    Replied,
    Reply,
)

_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_UNFIT = re.compile(r"[^\x20-\x7e\x80-\xff]")


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or _UNFIT.search(value):
            raise ValueError(f"the header {name[:80]!r} holds characters that no header may hold")
        if name.lower() in OWN_REPLY_HEADERS:
            raise ValueError(f"the header {name!r} is set by Alur alone: leave it out")
    return headers


class RespondParams(Params):
    """The answer."""

    status: int = Field(default=200, ge=200, le=599, description="The HTTP status.")
    headers: Annotated[dict[str, str], AfterValidator(_sendable)] = Field(
        default_factory=dict,
        max_length=100,
        description="HTTP headers.",
        json_schema_extra={"x-ui": {"widget": "key-value"}},
    )
    body: Any = Field(
        default=None,
        description="The body; absent: the first item. Text goes as it is, all else as JSON.",
        json_schema_extra={"x-ui": {"widget": "json"}},
    )


class Respond(BatchNode[RespondParams]):
    """Answer whoever called the webhook, and go on.

    It works with triggers that say `respond: node`. The first answer counts. What comes after
    this node runs while the caller has its answer already.
    """

    label = "Respond"
    icon = "message-reply"
    effect = Effect.PURE
    checkpoint = True
    example = {"status": 201, "body": {"id": "{{ $json.id }}"}}

    def run(
        self, params: RespondParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Replied:
        items = inputs["main"]
        body = params.body
        if "body" not in params.model_fields_set:
            body = items[0].json if items else None
        passed = [Item(item.json, item.binary, at) for at, item in enumerate(items)]
        return Replied({"main": passed}, Reply(params.status, params.headers, body))
