"""Services as processes of their own that send their spans to a real collector, and a server that they call."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.servers import Collector

PROJECT = "/api/v1/projects/default"


@dataclass
class Target:
    """A server that answers with the statuses of the list, then with 200, and what it was told of traces."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    called: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)
    """Answers wait until it is set."""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    kept = Target()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            kept.parents.append(self.headers.get("traceparent", ""))
            kept.called.set()
            kept.free.wait(30)
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # whoever asked was killed

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_port
    kept.free.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory,
    kafka_servers: str,
    mongo_url: str,
    s3_url: str,
    collector: Collector,
) -> Iterator[AlurDev]:
    """Gateway, registry, scheduler and one executor."""
    environment = {
        "ALUR_KAFKA": kafka_servers,
        "ALUR_MONGO": mongo_url,
        "ALUR_BLOBS": s3_url,
        "ALUR_OUTBOUND_ALLOW": "127.0.0.0/8",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    data = tmp_path_factory.mktemp("traced") / "data"
    with alur_dev(data, environment, ("--distributed", "--executors", "1")) as running:
        yield running


def put(services: AlurDev, name: str, *nodes: dict[str, Any], **spec: Any) -> str:
    """Save a chain of nodes behind the first trigger, if any; return its name, which nothing else has."""
    name = f"{name}-{uuid4().hex[:8]}"
    first = [trigger["name"] for trigger in spec.get("triggers", ())][:1]
    names = [*first, *(node["name"] for node in nodes)]
    edges = [{"from": a, "to": b} for a, b in itertools.pairwise(names)]
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"nodes": list(nodes), "edges": edges, **spec},
    }
    answer = services.rest.put(f"{PROJECT}/workflows/{name}", json=document)
    assert answer.status_code == 201, answer.text
    return name


def start(services: AlurDev, workflow: str) -> str:
    """Start it by hand; return the execution's id."""
    path = f"{PROJECT}/workflows/{workflow}/executions"
    answer = services.rest.post(path, json={"input": [{}]})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def post(name: str, target: Target, **more: Any) -> dict[str, Any]:
    """Return a node that calls the target."""
    url = f"http://127.0.0.1:{target.port}/"
    params = {"method": "POST", "url": url, "body": {"n": 1}}
    return {"name": name, "type": "http.request", "params": params, **more}
