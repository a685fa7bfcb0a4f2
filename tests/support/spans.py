"""What has arrived at the OpenTelemetry Collector, as spans that a test can follow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.servers import Collector

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
SETTLED_SECONDS = 1.0
"""When so long nothing new has come, all has: processes send every 200 ms in these tests."""


@dataclass(frozen=True)
class Seen:
    """A span, in the words of OTLP made short."""

    name: str
    service: str
    kind: str
    trace: str
    id: str
    parent: str
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]
    failed: bool
    text: str


def spans(collector: Collector) -> list[Seen]:
    """Return all that have arrived so far."""
    return [
        _seen(span, _attributes(of["resource"])["service.name"])
        for line in collector.lines()
        for of in json.loads(line).get("resourceSpans", ())
        for scope in of["scopeSpans"]
        for span in scope["spans"]
    ]


def settled(
    collector: Collector,
    is_wanted: Callable[[Seen], bool],
    is_last: Callable[[Seen], bool] = lambda _: True,
    within: float = 20,
) -> list[Seen]:
    """Return the spans that are wanted once one of them is the last to be waited for and no new ones come."""
    deadline = time.monotonic() + within
    count, since = -1, time.monotonic()
    while True:
        found = [span for span in spans(collector) if is_wanted(span)]
        if len(found) != count:
            count, since = len(found), time.monotonic()
        if any(map(is_last, found)) and time.monotonic() - since > SETTLED_SECONDS:
            return found
        names = sorted({f"{span.service} {span.name}" for span in found})
        assert time.monotonic() < deadline, f"not enough spans: {names}"
        time.sleep(0.1)


def _seen(span: dict[str, Any], service: str) -> Seen:
    return Seen(
        name=span["name"],
        service=service,
        kind=KINDS[span["kind"]],
        trace=span["traceId"],
        id=span["spanId"],
        parent=span.get("parentSpanId", ""),
        links=tuple((link["traceId"], link["spanId"]) for link in span.get("links", ())),
        attributes=_attributes(span),
        failed=span.get("status", {}).get("code") == 2,
        text=json.dumps(span),
    )


def _attributes(of: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in of.get("attributes", ())}
