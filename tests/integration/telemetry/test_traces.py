"""What happens in three services because of one call is one trace; what comes after a wait, a kill or a failure is linked."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import grpc
import pytest

from alur_api.executions.v1 import executions_pb2, executions_pb2_grpc
from tests.integration.telemetry.conftest import Target, post, put, start
from tests.support.alur_dev import AlurDev
from tests.support.servers import Collector
from tests.support.spans import Seen, settled

CARD = "4711-0815-2342"
HOOK = {
    "name": "in",
    "type": "trigger.webhook",
    "params": {"path": "orders", "respond": "result"},
}
SHAPE = {"name": "shape", "type": "core.set", "params": {"fields": {"n": "{{ $json.body.n }}"}}}
ENDED = "process alur.workflow.gate.changed.v1"


def new_parent(flags: str = "01") -> tuple[str, str, str]:
    """Return a trace, a span of it, and the header that names them."""
    trace, span = uuid4().hex, uuid4().hex[:16]
    return trace, span, f"00-{trace}-{span}-{flags}"


class Called(NamedTuple):
    """A webhook that was called, with the caller's trace and span."""

    trace: str
    caller: str
    execution: str
    url: str


class Trace:
    """The spans of one trace by service and name, and who begat whom."""

    def __init__(self, found: list[Seen]) -> None:
        self.spans = found
        self._by_id = {span.id: span for span in found}

    def one(self, service: str, name: str) -> Seen:
        found = [s for s in self.spans if (s.service, s.name) == (f"alur-{service}", name)]
        assert len(found) == 1, f"{service} {name}: {found}"
        return found[0]

    def parent(self, span: Seen) -> str:
        """Return service and name of the parent, or its id when it is not one of ours."""
        parent = self._by_id.get(span.parent)
        return span.parent if parent is None else f"{parent.service} {parent.name}"


@pytest.fixture(scope="module")
def called(services: AlurDev, target: Target) -> Called:
    """One webhook call with a caller's trace: the trace, the caller's span, the execution."""
    name = put(
        services,
        "traced",
        SHAPE,
        post("tell", target, retry={"attempts": 2, "delay": "PT0.1S"}),
        triggers=[HOOK],
        settings={"concurrency": {"limit": 10}},
    )
    target.statuses.append(503)
    trace, caller, parent = new_parent()
    answer = services.rest.post(
        services.hook(name), json={"n": 1, "card": CARD}, headers={"traceparent": parent}
    )
    assert answer.status_code == 200, answer.text
    return Called(trace, caller, answer.headers["alur-execution-id"], services.hook(name))


@pytest.fixture(scope="module")
def trace(called: Called, collector: Collector) -> Trace:
    found = settled(collector, lambda s: s.trace == called.trace, lambda s: s.name == ENDED)
    return Trace(found)


EXPECTED = {
    ("gateway", "send alur.execution.run.requested.v1"): "gateway POST /hooks/{id}/{path}",
    ("scheduler", "process alur.execution.run.requested.v1"): "gateway send "
    "alur.execution.run.requested.v1",
    ("scheduler", "admit execution"): "scheduler process alur.execution.run.requested.v1",
    ("scheduler", "send alur.execution.run.admitted.v1"): "scheduler admit execution",
    ("executor", "process alur.execution.run.admitted.v1"): "scheduler send "
    "alur.execution.run.admitted.v1",
    ("executor", "execution"): "executor process alur.execution.run.admitted.v1",
    ("executor", "node core.set"): "executor execution",
    ("executor", "claim execution"): "executor execution",
    ("executor", "complete execution"): "executor execution",
    ("executor", "send alur.execution.run.completed.v1"): "executor complete execution",
    ("executor", "send alur.workflow.gate.changed.v1"): "executor complete execution",
    ("scheduler", ENDED): "executor send alur.workflow.gate.changed.v1",
    ("executor", "reply"): "executor complete execution",
    ("executor", "replies/deliver"): "executor reply",
    ("gateway", "replies/deliver"): "executor replies/deliver",
}


@pytest.mark.parametrize(("service", "name"), EXPECTED)
def test_each_span_has_its_cause_as_parent(trace: Trace, service: str, name: str) -> None:
    span = trace.one(service, name)
    assert trace.parent(span) == f"alur-{EXPECTED[service, name]}"


def test_the_trace_hangs_together_and_begins_at_the_caller(trace: Trace, called: Called) -> None:
    request = trace.one("gateway", "POST /hooks/{id}/{path}")
    assert (request.parent, request.kind) == (called.caller, "server")
    ids = {span.id for span in trace.spans}
    assert {span.parent for span in trace.spans} - ids == {called.caller}


def test_a_retried_attempt_is_linked_to_the_one_before(trace: Trace) -> None:
    first, second = sorted(
        (s for s in trace.spans if s.name == "node http.request"),
        key=lambda s: int(s.attributes["alur.node.attempt"]),
    )
    assert (first.failed, first.attributes["alur.node.result"]) == (True, "retried")
    assert (second.failed, second.links) == (False, ((first.trace, first.id),))


def test_node_spans_say_which_node_and_execution(trace: Trace, called: Called) -> None:
    node = trace.one("executor", "node core.set").attributes
    assert (node["alur.node.id"], node["alur.node.type"]) == ("shape", "core.set")
    assert (node["alur.execution.id"], node["alur.workflow.version"]) == (called.execution, "1")


def test_the_trace_goes_on_at_whom_a_node_calls(trace: Trace, target: Target) -> None:
    sent = [span for span in trace.spans if span.name == "POST"]
    known = {f"00-{span.trace}-{span.id}-01" for span in sent}
    assert len(known) == 2
    assert known <= set(target.parents)


def test_no_span_holds_content_or_a_secret(trace: Trace, called: Called) -> None:
    hook = called.url.split("/")[4]
    assert not [span.name for span in trace.spans if CARD in span.text or hook in span.text]


def test_the_execution_shows_its_trace(services: AlurDev, called: Called) -> None:
    shown = services.wait_for(called.execution, "succeeded")
    assert shown["traceId"] == called.trace
    assert called.trace in services.cli("describe", "execution", called.execution).stdout


def sessions(execution: str) -> Callable[[Seen], bool]:
    """Return what holds for the spans of an execution's sessions."""
    return lambda span: (
        span.name == "execution" and span.attributes["alur.execution.id"] == execution
    )


def test_after_a_wait_another_trace_goes_on_and_is_linked(
    services: AlurDev, collector: Collector
) -> None:
    name = put(services, "patient", {"name": "w", "type": "core.wait", "params": {"signal": "go"}})
    execution = start(services, name)
    services.wait_for(execution, "waiting")
    services.cli("signal", execution, "go")
    shown = services.wait_for(execution, "succeeded")
    found = settled(collector, sessions(execution), lambda s: bool(s.links))
    first, second = sorted(found, key=lambda s: s.trace != shown["traceId"])
    assert first.attributes["alur.execution.status"] == "waiting"
    assert first.trace == shown["traceId"] != second.trace
    assert second.links == ((first.trace, first.id),)
    assert second.parent == ""


@pytest.fixture
def held(target: Target) -> Iterator[Target]:
    """A target that answers nobody for now."""
    target.free.clear()
    target.called.clear()
    yield target
    target.free.set()


def test_who_takes_over_from_the_dead_links_to_what_they_did(
    services: AlurDev, collector: Collector, held: Target
) -> None:
    name = put(services, "orphaned", post("tell", held))
    execution = start(services, name)
    assert held.called.wait(20)
    (executor,) = services.pids("executor")
    os.kill(executor, signal.SIGKILL)
    held.free.set()
    shown = services.wait_for(execution, "succeeded")
    after = settled(collector, sessions(execution))[-1]
    assert [trace for trace, _ in after.links] == [shown["traceId"]]
    assert after.trace != shown["traceId"]


def test_a_replay_is_linked_to_what_it_repeats(services: AlurDev, collector: Collector) -> None:
    name = put(services, "again", {"name": "n", "type": "core.noop"})
    first = services.wait_for(start(services, name), "succeeded")
    answer = services.rest.post(f"/api/v1/projects/default/executions/{first['id']}:replay")
    again = services.wait_for(answer.json()["id"], "succeeded")
    (linked,) = settled(collector, lambda s: s.trace == again["traceId"] and bool(s.links))
    assert [trace for trace, _ in linked.links] == [first["traceId"]]


@pytest.fixture(scope="module")
def echo(services: AlurDev) -> str:
    """The address of a webhook."""
    return services.hook(put(services, "echo", SHAPE, triggers=[HOOK]))


@pytest.mark.parametrize(
    "forged",
    [
        ["00-00000000000000000000000000000000-b7ad6b7169203331-01"],
        ["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"],
        ["00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"],
        ["ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
        ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"],
        ["0af7651916cd43dd8448eb211c80319c"],
        ["00-" + "a" * 20_000],
        ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] * 2,
    ],
    ids=["no trace", "no span", "upper case", "version", "too long", "bare", "huge", "twice"],
)
def test_what_is_no_trace_context_is_ignored(
    services: AlurDev, echo: str, forged: list[str]
) -> None:
    headers = [("traceparent", value) for value in forged]
    answer = services.rest.post(echo, json={"n": 1}, headers=headers)
    assert answer.status_code == 200
    shown = services.wait_for(answer.headers["alur-execution-id"], "succeeded")
    assert len(bytes.fromhex(shown["traceId"])) == 16
    assert shown["traceId"] != "0af7651916cd43dd8448eb211c80319c"
    assert shown["traceId"].strip("0")


def test_a_caller_that_is_not_recorded_is_not_recorded_here(
    services: AlurDev, echo: str, collector: Collector
) -> None:
    trace, _, parent = new_parent("00")
    answer = services.rest.post(echo, json={"n": 1}, headers={"traceparent": parent})
    shown = services.wait_for(answer.headers["alur-execution-id"], "succeeded")
    assert shown["traceId"] == trace
    after, _, seen = new_parent()
    services.rest.post(echo, json={"n": 1}, headers={"traceparent": seen})
    found = settled(collector, lambda s: s.trace in {trace, after})
    assert {span.trace for span in found} == {after}


def test_a_run_by_grpc_goes_on_from_its_caller(services: AlurDev, collector: Collector) -> None:
    name = put(services, "called", {"name": "n", "type": "core.noop"})
    trace, caller, parent = new_parent()
    with grpc.insecure_channel(f"127.0.0.1:{services.grpc_port}") as channel:
        stub: Any = executions_pb2_grpc.ExecutionsServiceStub(channel)
        request = executions_pb2.RunRequest(workflow=name)
        metadata = (("authorization", f"Bearer {services.token}"), ("traceparent", parent))
        stub.Run(request, metadata=metadata, timeout=20)
        with pytest.raises(grpc.RpcError):
            stub.Run(executions_pb2.RunRequest(workflow="absent"), metadata=metadata, timeout=20)
    found = settled(collector, lambda s: s.trace == trace, lambda s: s.name == "complete execution")
    rpc = "alur_api.executions.v1.ExecutionsService/Run"
    good, bad = sorted((s for s in found if s.name == rpc), key=lambda s: s.failed)
    assert (good.parent, good.kind, good.failed) == (caller, "server", False)
    assert (bad.failed, bad.attributes["rpc.response.status_code"]) == (True, "NOT_FOUND")
