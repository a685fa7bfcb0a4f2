"""`alur dev` traces as well, and sends what it has when it stops."""

from __future__ import annotations

from pathlib import Path

from tests.integration.telemetry.conftest import put
from tests.integration.telemetry.test_traces import HOOK, SHAPE, new_parent
from tests.support.alur_dev import alur_dev
from tests.support.servers import Collector
from tests.support.spans import settled


def test_one_process_tells_all_when_it_stops(tmp_path: Path, collector: Collector) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=tests",
    }
    trace, caller, parent = new_parent()
    with alur_dev(tmp_path / "data", environment) as server:
        hook = server.hook(put(server, "small", SHAPE, triggers=[HOOK]))
        answer = server.rest.post(hook, json={"n": 1}, headers={"traceparent": parent})
        assert answer.status_code == 200
        assert server.stop() == 0
    found = {span.name: span for span in settled(collector, lambda span: span.trace == trace)}
    request, execution = found["POST /hooks/{id}/{path}"], found["execution"]
    assert (request.service, request.parent) == ("alur-dev", caller)
    assert execution.parent == request.id
    assert {found[name].parent for name in ("node core.set", "complete execution")} == {
        execution.id
    }
    assert "deployment.environment.name" in str(collector.wait_for(trace)[0])
