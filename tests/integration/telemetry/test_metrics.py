"""A real Prometheus finds the metrics of every service, and from a figure the way to a trace."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alur_common.telemetry.declared import METRICS
from tests.integration.telemetry.conftest import PROJECT, Target, post, put
from tests.integration.telemetry.test_traces import HOOK, SHAPE, new_parent
from tests.support.alur_dev import AlurDev
from tests.support.servers import running
from tools.servers import prometheus

SEEN = {
    "alur_build_info",
    "alur_bus_handled_total",
    "alur_bus_lag_records",
    "alur_bus_oldest_seconds",
    "alur_bus_published_total",
    "alur_calls_duration_seconds_bucket",
    "alur_calls_served_total",
    "alur_executor_active_runs",
    "alur_executor_lease_held",
    "alur_executor_node_duration_seconds_bucket",
    "alur_executor_node_retries_total",
    "alur_executor_run_duration_seconds_bucket",
    "alur_executor_runs_completed_total",
    "alur_executor_runs_started_total",
    "alur_executor_start_delay_seconds_bucket",
    "alur_gateway_request_duration_seconds_bucket",
    "alur_gateway_requests_total",
    "alur_gateway_webhook_duration_seconds_bucket",
    "alur_scheduler_drift_seconds_bucket",
    "alur_scheduler_queue_oldest_seconds",
    "alur_store_pool_connections",
}
"""What a webhook, an execution with a retry and a schedule leave behind."""


class Prometheus:
    """A Prometheus, asked by its API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path: str, **query: str) -> Any:  # noqa: ANN401  # whatever JSON it answers
        return httpx.get(self._url + path, params=query).raise_for_status().json()["data"]

    def wait_for(self, query: str, within: float = 20) -> list[dict[str, Any]]:
        """Return the samples of a query once there are any."""
        deadline = time.monotonic() + within
        while not (found := self.ask("/query", query=query)["result"]):
            assert time.monotonic() < deadline, f"nothing for {query}"
            time.sleep(0.1)
        samples: list[dict[str, Any]] = found
        return samples


def ports(services: AlurDev) -> dict[str, int]:
    """Return where each service that runs now serves its metrics, as its log says."""
    lines = [line for line in services.log.read_text().splitlines() if line.startswith("{")]
    said = [json.loads(line) for line in lines]
    return {one["service"]: one["port"] for one in said if one["msg"] == "metrics served"}


@pytest.fixture(scope="module")
def trace(services: AlurDev, target: Target) -> Iterator[str]:
    """The trace of an execution with a retry, after which a schedule has fired too."""
    name = put(
        services,
        "counted",
        SHAPE,
        post("tell", target, retry={"attempts": 2, "delay": "PT0.1S"}),
        triggers=[
            HOOK,
            {"name": "tick", "type": "trigger.schedule", "params": {"every": "PT1S"}},
        ],
    )
    target.statuses.append(503)
    trace, _, parent = new_parent()
    answer = services.rest.post(services.hook(name), json={"n": 1}, headers={"traceparent": parent})
    assert answer.status_code == 200, answer.text
    yield trace
    path = f"{PROJECT}/workflows/{name}"
    match = {"if-match": services.rest.get(path).headers["etag"]}
    assert services.rest.delete(path, headers=match).status_code == 204


@pytest.fixture(scope="module")
def asked(
    services: AlurDev, trace: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    targets = [f"127.0.0.1:{port}" for port in ports(services).values()]
    assert len(targets) == 4
    folder: Path = tmp_path_factory.mktemp("prometheus")
    for server in running(lambda path: prometheus.server(path, targets, every="250ms"), folder):
        yield Prometheus(server.port)


def test_every_service_is_up_and_says_what_it_counts(asked: Prometheus) -> None:
    asked.wait_for("count(up == 1) == 4")
    asked.wait_for("sum(alur_scheduler_drift_seconds_count) > 0")
    names = {name for name in asked.ask("/label/__name__/values") if name.startswith("alur_")}
    assert SEEN - names == set()
    declared = {f"alur_{one.name}" for one in METRICS}
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in names} <= declared


def test_the_figures_are_those_of_the_execution(asked: Prometheus) -> None:
    asked.wait_for('alur_executor_runs_completed_total{result="succeeded"} > 0')
    retried = 'alur_executor_node_duration_seconds_count{type="http.request",result="retried"} == 1'
    asked.wait_for(retried)
    asked.wait_for('alur_executor_node_retries_total{type="http.request"} == 1')
    asked.wait_for("alur_executor_lease_held == 1")
    asked.wait_for('alur_gateway_webhook_duration_seconds_count{status="200"} > 0')


@pytest.mark.parametrize(
    "series",
    [
        "alur_gateway_webhook_duration_seconds_bucket",
        "alur_executor_run_duration_seconds_bucket",
        "alur_executor_node_duration_seconds_bucket",
    ],
)
def test_a_figure_leads_to_a_trace(asked: Prometheus, series: str, trace: str) -> None:
    asked.wait_for(series)
    now = time.time()
    found = asked.ask("/query_exemplars", query=series, start=str(now - 600), end=str(now + 60))
    traces = {one["labels"]["trace_id"] for of in found for one in of["exemplars"]}
    assert trace in traces
