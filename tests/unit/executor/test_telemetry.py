"""What an execution leaves in logs, spans and metrics."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from alur_common.telemetry import configure_logs
from alur_common.telemetry.tracing import Kind
from alur_executor.adapters.tracing import OtelTracing
from alur_sdk.errors import Permanent, Retryable
from tests.support.recorded import Kept, recording
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.pooling import gpu, owner, serving
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
    tracer = recording(kept)
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


async def test_what_runs_beside_each_other_is_in_one_session(world: World) -> None:
    kept = Kept()
    tracer = recording(kept)
    world.tracing = OtelTracing(tracer)
    spec = {"nodes": [node("a"), node("b", "core.noop"), node("c")], "edges": []}
    with tracer.begin("request", Kind.SERVER):
        await world.run(spec, {"n": 1}, {"n": 2})
    (session,) = (span for span in kept.spans if span.name == "execution")
    nodes = [span for span in kept.spans if span.name.startswith("node ")]
    assert sorted(str(span.attributes["alur.node.id"]) for span in nodes) == ["a", "b", "c"]
    assert {span.parent for span in nodes} == {session.point}
    assert all(session.begun <= span.begun <= span.ended <= session.ended for span in nodes)


async def test_a_child_is_a_part_of_its_parents_trace(world: World) -> None:
    kept = Kept()
    tracer = recording(kept)
    world.tracing = OtelTracing(tracer)
    world.definitions.add("inner", chain(node("n", "core.noop")))
    call = node("call", "core.workflow", params={"workflow": "inner", "wait": True})
    with tracer.begin("request", Kind.SERVER) as request:
        parent = await world.run(chain(call))
    (inner,) = await world.all("inner")
    assert inner.first_trace == parent.first_trace == request.point.trace_id


@in_virtual_time
async def test_an_attempt_in_a_pool_has_a_trace_that_is_linked_to_its_owners(world: World) -> None:
    kept = Kept()
    tracer = recording(kept)
    world.tracing = OtelTracing(tracer)
    await owner(world)
    await serving(world)
    with tracer.begin("request", Kind.SERVER) as request:
        execution_id = await world.start(chain(gpu("far", retry={"attempts": 2})), {"n": 1})
    world.outside.next.append(Retryable("busy"))
    await world.rest(execution_id)
    attempts = [span for span in kept.spans if span.name == "node sim.write"]
    tasks = {span.point: span for span in kept.spans if span.name == "task"}
    assert [span.attributes["alur.node.attempt"] for span in attempts] == [1, 2]
    assert {span.attributes["alur.node.id"] for span in attempts} == {"far"}
    for span in attempts:
        assert span.parent is not None
        (link,) = tasks[span.parent].links
        traces = {one.point.trace_id for one in kept.spans if one.name == "execution"}
        assert link.trace_id in traces | {request.point.trace_id}
