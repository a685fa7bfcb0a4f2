"""The operator on a real API server: from apply to Ready, from a run to its end, and a thousand workflows at once."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.objects import has_phase, run, workflow
from tests.support.alur_dev import alur_dev
from tests.support.cluster import Kubernetes, holds, install
from tests.support.operator import Operator
from tools.servers.cluster import Cluster

NAMESPACE = "bench"
TIMES = 40
SETTINGS = {"ALUR_RESYNC_SECONDS": "30"}  # as it is by default
MANY = 1_000


def median_milliseconds(once: Callable[[int], None]) -> float:
    """Return the median of some goes, one after the other."""
    times = []
    for number in range(TIMES):
        began = time.perf_counter()
        once(number)
        times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times)


def measure(kubernetes: Kubernetes, operator: Operator) -> None:
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
    before, spent = operator.resident_mebibytes, operator.cpu_seconds
    began = time.perf_counter()
    for start in range(0, MANY, 100):
        kubernetes.apply(*(workflow(NAMESPACE, f"many-{n}") for n in range(start, start + 100)))
    applied = time.perf_counter() - began
    while len(ready_names(kubernetes)) < MANY + TIMES:
        time.sleep(0.2)
    print(
        f"{MANY} workflows: applied in {applied:.1f} s, all Ready after {time.perf_counter() - began:.1f} s"
    )
    print(f"CPU of the operator meanwhile: {operator.cpu_seconds - spent:.1f} s")
    print(
        f"memory of the operator: {before:.0f} MiB before, {operator.resident_mebibytes:.0f} MiB after"
    )


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
                    measure(kubernetes, operator)
                finally:
                    operator.kill()
        finally:
            kubernetes.api.close()
            cluster.stop()


if __name__ == "__main__":
    main()
