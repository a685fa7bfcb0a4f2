"""What an execution leaves in logs, spans and metrics."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from alur_common.telemetry import configure_logs
from alur_common.telemetry.tracing import Kind, Tracer
from alur_executor.adapters.tracing import OtelTracing
from alur_sdk.errors import Permanent
from tests.unit.common.test_tracing import Kept, follow_parent
from tests.unit.executor.world import World, chain, node


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("executor", "info", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


BROKEN = chain(node("n"), settings={"errorWorkflow": "absent"})


async def test_lines_of_an_execution_carry_its_ids(world: World, lines: io.StringIO) -> None:
    kept = Kept()
    tracer = Tracer(follow_parent, kept)
    world.tracing = OtelTracing(tracer)
    world.outside.next.append(Permanent("no"))
    with tracer.begin("request", Kind.SERVER) as request:
        execution = await world.run(BROKEN)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    line = next(one for one in told if one["msg"] == "error workflow not started")
    assert (line["execution_id"], line["workflow_id"]) == (execution.id, "uid-w")
    assert line["trace_id"] == request.point.trace_id == execution.first_trace
    assert line["span_id"] in {span.point.span_id for span in kept.spans}


async def test_untraced_lines_carry_the_execution_alone(world: World, lines: io.StringIO) -> None:
    world.outside.next.append(Permanent("no"))
    execution = await world.run(BROKEN)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    line = next(one for one in told if one["msg"] == "error workflow not started")
    assert line["execution_id"] == execution.id
    assert "trace_id" not in line
    assert execution.first_trace == ""
