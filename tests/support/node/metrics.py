"""The metrics of a machine's pods as a cluster has them: `metrics.k8s.io`, behind the API server, of the processor time they really use.

Only what a HorizontalPodAutoscaler asks is answered: the pods of a namespace by their labels.
"""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from tests.support.cluster import Kubernetes, Object
from tests.support.node.machine import Machine, Used

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
NAME = f"{VERSION}.{GROUP}"
SHORTEST, LONGEST = 1.0, 3.0
"""The seconds over which the use is taken."""


class Meter:
    """How much processor time the pods of a machine use, by what was seen of each a little before."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen: dict[str, deque[tuple[float, float]]] = {}
        self._lock = threading.Lock()

    def items(self, selector: str) -> list[Object]:
        """Return the metrics of the pods with these labels; one that has just come has none yet."""
        wanted = dict(part.split("=", 1) for part in selector.split(",") if part)
        with self._lock:
            found = [self._item(one) for one in self._machine.used() if wanted.items() <= one.labels.items()]  # fmt: skip
        return [one for one in found if one]

    def _item(self, one: Used) -> Object | None:
        now = time.monotonic()
        seen = self._seen.setdefault(one.uid, deque())
        seen.append((now, one.cpu_seconds))
        while len(seen) > 1 and seen[1][0] <= now - SHORTEST and seen[0][0] < now - LONGEST:
            seen.popleft()
        seconds = now - seen[0][0]
        if seconds < SHORTEST:
            return None
        cores = max(0.0, one.cpu_seconds - seen[0][1]) / seconds
        usage = {"cpu": f"{cores * 1e9:.0f}n", "memory": "0"}
        return {
            "metadata": {"name": one.pod, "namespace": one.namespace, "labels": one.labels},
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "window": f"{seconds:.3f}s",
            "containers": [{"name": one.container, "usage": usage}],
        }


def _answer(meter: Meter, target: str) -> Object | None:
    asked = urlsplit(target)
    root = f"/apis/{GROUP}/{VERSION}"
    if asked.path.rstrip("/") == root:
        pods = {"name": "pods", "kind": "PodMetrics", "namespaced": True, "verbs": ["get", "list"]}
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{GROUP}/{VERSION}",
            "resources": [{**pods, "singularName": ""}],
        }
    if asked.path.startswith(f"{root}/namespaces/") and asked.path.endswith("/pods"):
        (selector,) = parse_qs(asked.query).get("labelSelector", [""])
        kind = {"kind": "PodMetricsList", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}}
        return {**kind, "items": meter.items(selector)}
    return None


def _server(meter: Meter, kubernetes: Kubernetes) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = _answer(meter, self.path)
            content = json.dumps(found or {}).encode()
            self.send_response(200 if found else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = kubernetes.cluster.folder
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    server.socket = context.wrap_socket(
        server.socket,
        server_side=True,
        do_handshake_on_connect=False,  # one who says nothing would hold all others up
    )
    return server


@contextmanager
def measured(kubernetes: Kubernetes, machine: Machine) -> Iterator[None]:
    """Have the cluster know what the machine's pods use for the length of the block."""
    server = _server(Meter(machine), kubernetes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = _objects(server.server_port)
    try:
        kubernetes.apply(*found)
        kubernetes.do("wait", "--for=condition=Available", f"apiservice/{NAME}", "--timeout=30s")
        yield
    finally:
        # An API that nobody serves would hold every namespace that is deleted.
        kubernetes.do("delete", "apiservice", NAME)
        kubernetes.do("delete", "service", "metrics", "-n", "kube-system")
        server.shutdown()
        server.server_close()


def _objects(port: int) -> tuple[Object, Object]:
    """Return the API, and the Service that leads to this machine instead of to Pods."""
    place = {"namespace": "kube-system", "name": "metrics"}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": place,
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }
    spec = {
        "group": GROUP,
        "version": VERSION,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {**place, "port": port},
    }
    about = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService"}
    return service, {**about, "metadata": {"name": NAME}, "spec": spec}
