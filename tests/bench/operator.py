"""The operator on a real API server: from apply to Ready, from a run to its end, and a thousand workflows at once."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.load import cpu_ms
from tests.cluster.objects import has_phase, run, workflow
from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.cluster import Kubernetes, holds, install
from tests.support.operator import Operator
from tools.servers.cluster import Cluster

NAMESPACE = "bench"
TIMES = 40
SETTINGS = {"ALUR_RESYNC_SECONDS": "30"}  # as it is by default
MANY, CLIENTS = 1_000, 2


def median_milliseconds(once: Callable[[int], None]) -> float:
    """Return the median of some goes, one after the other."""
    times = []
    for number in range(TIMES):
        began = time.perf_counter()
        once(number)
        times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times)


def measure(kubernetes: Kubernetes, operator: Operator, alur: AlurDev) -> None:
    """Measure all and print it."""

    def create(kind: str, document: dict[str, object]) -> None:
        kubernetes.api.post(kubernetes.path(kind, NAMESPACE), json=document).raise_for_status()

    def ready(number: int) -> None:
        create("workflows", workflow(NAMESPACE, f"one-{number}"))
        kubernetes.wait_for("workflows", NAMESPACE, f"one-{number}", holds("Ready"))

    def ended(number: int) -> None:
        create("workflowruns", run(NAMESPACE, "one-0", f"run-{number}"))
        kubernetes.wait_for("workflowruns", NAMESPACE, f"run-{number}", has_phase("Succeeded"))

    print(f"apply to Ready           p50 {median_milliseconds(ready):8.0f} ms")
    print(f"run created to Succeeded p50 {median_milliseconds(ended):8.0f} ms")
    measure_many(kubernetes, operator, alur)


def measure_many(kubernetes: Kubernetes, operator: Operator, alur: AlurDev) -> None:
    """Apply a thousand as a user could: files of some hundred, each by a kubectl of its own, all at once."""
    assert alur.process is not None
    before, spent = operator.resident_mebibytes, operator.cpu_seconds
    spent_by_alur = cpu_ms(alur.process.pid)
    began = time.perf_counter()
    files = [range(start, MANY, CLIENTS) for start in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        applied = clients.map(lambda ns: kubernetes.apply(*map(numbered, ns)), files)
        list(applied)
    seconds, most, deepest = time.perf_counter() - began, 0.0, 0.0
    while len(ready_names(kubernetes)) < MANY + TIMES:
        most = max(most, operator.resident_mebibytes)
        deepest = max(deepest, operator.metric('alur_operator_queue_depth{kind="workflow"}'))
        time.sleep(0.2)
    ready = time.perf_counter() - began
    print(f"{MANY} workflows: applied in {seconds:.1f} s, all Ready after {ready:.1f} s")
    print(f"CPU of the operator meanwhile: {operator.cpu_seconds - spent:.1f} s")
    print(f"CPU of Alur meanwhile: {(cpu_ms(alur.process.pid) - spent_by_alur) / 1_000:.1f} s")
    print(f"memory of the operator: {before:.0f} MiB before, {most:.0f} MiB at most")
    print(f"at most {deepest:.0f} waited once all were applied")


def numbered(number: int) -> dict[str, object]:
    """Return one of the thousand."""
    return workflow(NAMESPACE, f"many-{number}")


def ready_names(kubernetes: Kubernetes) -> list[str]:
    """Return the names of the workflows that are Ready."""
    query = {"fieldSelector": "status.phase=Ready"}
    items = kubernetes.api.get(kubernetes.path("workflows", NAMESPACE), params=query).json()[
        "items"
    ]
    return [item["metadata"]["name"] for item in items]


def main() -> None:
    """Start what is needed and measure."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder) / "cluster").start()
        kubernetes = Kubernetes(cluster)
        try:
            install(kubernetes)
            kubernetes.do("create", "namespace", NAMESPACE)
            with alur_dev(Path(folder) / "data") as alur:
                log = Path(folder) / "log"
                operator = Operator(alur, cluster.kubeconfig, log, SETTINGS).start()
                try:
                    measure(kubernetes, operator, alur)
                finally:
                    operator.kill()
        finally:
            kubernetes.api.close()
            cluster.stop()


if __name__ == "__main__":
    main()
