"""The operator on a real API server: from apply to Ready, from a run to its end, and a thousand workflows at once."""

from __future__ import annotations

import json
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
PATIENCE_SECONDS = 300


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
    """Apply a thousand as a user could, then a thousand more that an operator finds as it starts."""
    watched = Watched(kubernetes, operator, alur)
    seconds = watched.apply("many")
    ready = watched.seconds_until_ready(MANY + TIMES)
    print(f"{MANY} workflows: applied in {seconds:.1f} s, all Ready after {ready:.1f} s")
    watched.tell()
    operator.kill()
    watched.apply("found")
    operator.start()
    watched = Watched(kubernetes, operator, alur)
    ready = watched.seconds_until_ready(2 * MANY + TIMES)
    print(f"{MANY} that it finds beside those, as it starts: all Ready after {ready:.1f} s")
    watched.tell()


class Watched:
    """What the operator uses from now on, and what it writes."""

    def __init__(self, kubernetes: Kubernetes, operator: Operator, alur: AlurDev) -> None:
        assert alur.process is not None
        self._kubernetes, self._operator, self._alur = kubernetes, operator, alur.process.pid
        self._began = time.perf_counter()
        self._spent, self._spent_by_alur = operator.cpu_seconds, cpu_ms(self._alur)
        self._patches = self._count()
        self._before = self._most = operator.resident_mebibytes
        self._deepest = 0.0

    def apply(self, prefix: str) -> float:
        """Apply a thousand: files of some hundred, each by a kubectl of its own, all at once; return how long it took."""
        began = time.perf_counter()
        files = [range(start, MANY, CLIENTS) for start in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as clients:
            done = [clients.submit(self._apply_some, prefix, numbers) for numbers in files]
            while not all(one.done() for one in done):
                self._look()
            for one in done:
                one.result()
        return time.perf_counter() - began

    def _apply_some(self, prefix: str, numbers: range) -> None:
        items = [workflow(NAMESPACE, f"{prefix}-{n}") for n in numbers]
        feed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        apply = ("apply", "--server-side", "-f", "-")
        done = self._kubernetes.kubectl(*apply, feed=feed, within=PATIENCE_SECONDS)
        assert done.returncode == 0, done.stderr

    def seconds_until_ready(self, count: int) -> float:
        """Return after how many seconds from the beginning so many are Ready."""
        while len(ready_names(self._kubernetes)) < count:
            self._look()
        return time.perf_counter() - self._began

    def _look(self) -> None:
        if (process := self._operator.process) is not None:
            assert process.poll() is None, self._operator.said()
            self._most = max(self._most, self._operator.resident_mebibytes)
            waiting = self._operator.metric('alur_operator_queue_depth{kind="workflow"}')
            self._deepest = max(self._deepest, waiting)
        time.sleep(0.2)

    def tell(self) -> None:
        """Print it, and the memory after a comparison with Alur, for which all that it has is read."""
        patches = self._count()
        told = {name: patches[name] - self._patches[name] for name in patches}
        print(f"  CPU of the operator meanwhile: {self._operator.cpu_seconds - self._spent:.1f} s")
        print(
            f"  CPU of Alur meanwhile: {(cpu_ms(self._alur) - self._spent_by_alur) / 1_000:.1f} s"
        )
        print(f"  patches meanwhile: {told['']} of objects, {told['status']} of statuses")
        results = {name: self._results(name) for name in ("done", "later", "failed")}
        print(f"  handled by an operator so far: {results}")
        print(f"  at most {self._deepest:.0f} waited for their turn")
        until = time.perf_counter() + 1.2 * float(SETTINGS["ALUR_RESYNC_SECONDS"])
        while time.perf_counter() < until:
            self._look()
        print(f"  memory: {self._before:.0f} MiB before, {self._most:.0f} MiB at most")

    def _results(self, result: str) -> int:
        """Return how many workflows the operator has handled so."""
        line = f'alur_operator_reconciles_total{{kind="workflow",result="{result}"}}'
        return int(self._operator.metric(line))

    def _count(self) -> dict[str, int]:
        """Return how many patches of workflows the API server took, by subresource."""
        taken = dict.fromkeys(("", "status"), 0)
        for line in self._kubernetes.api.get("/metrics").text.splitlines():
            if line.startswith("apiserver_request_total{") and 'resource="workflows"' in line:
                for name in taken:
                    is_it = 'verb="PATCH"' in line and f'subresource="{name}"' in line
                    taken[name] += int(float(line.rpartition(" ")[2])) if is_it else 0
        return taken


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
