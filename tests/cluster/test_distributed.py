"""The chart's mode `distributed`, installed on a cluster whose pods run, over real servers; then upgraded under load."""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pymongo import MongoClient

from tests.chaos.effects import effects
from tests.cluster.installing import Installed, installed
from tests.cluster.objects import ENDED, address, has_phase, run, status_of, workflow
from tests.cluster.scaling import Lag, executors, heavy, lag, started_by, triggers, until
from tests.cluster.traffic import Traffic
from tests.support.alur_dev import ENDED as DONE
from tests.support.cluster import Kubernetes, Object, holds
from tests.support.image import containers, image_values
from tests.support.node.metrics import measured
from tests.support.servers import kafka_servers, mongo_url, s3_url
from tools import chart

__all__ = ["kafka_servers", "mongo_url", "s3_url"]

TWO = {"replicas": 2}
RATE, RUNS = 5.0, 5
WAITING = 10
STEADY, LOAD = 2.0, 2.0
LATER_COLLECTION, LATER_INDEX, LATER_FIELD = "producers", "is_told_by__told_number", "told_number"
DECLARED = {"_id": "declared/executions"}


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="module")
def values(kafka_servers: str, s3_url: str) -> dict[str, Any]:
    return {
        **image_values(),
        "kafka": {"bootstrapServers": kafka_servers},
        "blobs": {"url": s3_url, "existingSecret": "alur-s3"},
        "gateway": TWO,
        "registry": TWO,
        # The world on which workflows act is on this machine.
        "executor": {**TWO, "env": {"ALUR_OUTBOUND_ALLOW": "127.0.0.0/8"}},
        "publicUrl": "",
        "podAnnotations": {"rolled-out": "first"},
    }


@pytest.fixture(scope="module")
def alur_in_pods(
    kubernetes: Kubernetes,
    values: dict[str, Any],
    mongo_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installed]:
    named = {
        "alur-mongo": {"url": mongo_url},
        "alur-s3": {name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "alur-keys": {"calls-token": key(), "master-key": key(), "session-key": key()},
    }
    folder = tmp_path_factory.mktemp("distributed")
    with installed(
        kubernetes, "distributed", folder, "small", values, secrets=named, runtime=containers()
    ) as made:
        made.make_secret("alur-operator", {"token": made.token_as_a_service()})
        made.wait_until_available()
        yield made


def test_an_applied_workflow_gets_ready_and_runs(alur_in_pods: Installed) -> None:
    kubernetes, namespace = alur_in_pods.kubernetes, alur_in_pods.namespace
    kubernetes.apply(workflow(namespace), run(namespace, "greet", input=[{"who": "Ana"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    assert status_of(found)["output"] == [{"hello": "Ana", "who": "Ana"}]
    alur_in_pods.helm("test")


def acting(namespace: str, port: int, name: str = "act", **spec: Any) -> Object:
    """Return a workflow that does one thing to the world."""
    params = {
        "method": "POST",
        "url": f"http://127.0.0.1:{port}/",
        "body": {"effect": "{{ $execution.id }}"},
    }
    nodes = [{"name": "act", "type": "http.request", "params": params}]
    return workflow(namespace, name, nodes=nodes, **spec)


def test_a_rolling_upgrade_with_a_migration_under_traffic_loses_nothing_and_repeats_nothing(
    alur_in_pods: Installed, values: dict[str, Any], mongo_url: str, tmp_path: Path
) -> None:
    kubernetes, namespace = alur_in_pods.kubernetes, alur_in_pods.namespace
    before = alur_in_pods.pods()
    second = {**values, "podAnnotations": {"rolled-out": "second"}}
    runs = [f"run-{n}" for n in range(RUNS)]
    path = f"{address(namespace, 'act')}/executions"
    with (
        effects(tmp_path / "effects", pause=0.2) as world,
        alur_in_pods.rest(alur_in_pods.token_as_a_service()) as rest,
    ):
        kubernetes.apply(acting(namespace, world.port))
        kubernetes.wait_for("workflows", namespace, "act", holds("Ready"))
        make_older(mongo_url)
        with Traffic(rest, path, RATE) as traffic:
            alur_in_pods.install("upgrade", "small", second)
            # Before any pod of the new version came, which would have done it as it starts.
            assert_was_migrated(mongo_url, alur_in_pods.said_by("alur-migrate"))
            kubernetes.apply(*(run(namespace, "act", name) for name in runs))
            alur_in_pods.wait_until_rolled_out(before)
        found = [kubernetes.wait_for("workflowruns", namespace, n, has_phase(*ENDED)) for n in runs]
        executions = [*traffic.ids, *(str(status_of(one)["executionId"]) for one in found)]
        # Pods come and go without a client's being told to ask again.
        assert (traffic.lost, traffic.repeated) == ([], {})
        assert not before & alur_in_pods.pods()
        assert states(rest, namespace, executions) == {"succeeded": len(executions)}
        keys = {effect: len(found) for effect, found in world.keys().items()}
        assert keys == dict.fromkeys(executions, 1)


def make_older(mongo_url: str) -> None:
    """Leave a database as a version left it that had no producers, and no field of executions and no index of now."""
    with MongoClient[dict[str, Any]](mongo_url) as client:
        database = client.get_default_database()
        database.drop_collection(LATER_COLLECTION)
        database["executions"].drop_index(LATER_INDEX)
        declared = database["schema"].find_one(DECLARED)
        assert declared is not None
        for version in declared["seen"]:
            version["fields"].remove(LATER_FIELD)
        database["schema"].replace_one(DECLARED, declared)


def assert_was_migrated(mongo_url: str, said: str) -> None:
    """A collection that came is told of; what executions have is as it is declared."""
    assert f"{LATER_COLLECTION} made" in said
    with MongoClient[dict[str, Any]](mongo_url) as client:
        database = client.get_default_database()
        assert LATER_INDEX in database["executions"].index_information()
        declared = database["schema"].find_one(DECLARED)
        assert declared is not None
        assert LATER_FIELD in declared["seen"][-1]["fields"]
        newest = len(declared["seen"])
        assert database["executions"].count_documents({"_schema": newest})


def states(rest: httpx.Client, namespace: str, executions: list[str]) -> dict[str, int]:
    """Return how many of them are in which state, once all have ended."""
    counted: Counter[str] = Counter()
    until = time.monotonic() + 120
    for one in executions:
        path = f"/api/v1/projects/{namespace}/executions/{one}"
        while (state := rest.get(path).raise_for_status().json()["status"]) not in DONE:
            assert time.monotonic() < until, f"{one} stays {state}"
            time.sleep(0.1)
        counted[state] += 1
    return dict(counted)


def test_the_lag_for_which_keda_asks_is_the_executions_that_wait_for_an_executor(
    alur_in_pods: Installed, kafka_servers: str
) -> None:
    kubernetes, namespace = alur_in_pods.kubernetes, alur_in_pods.namespace
    (of_executors,), (of_schedulers,) = triggers("executor"), triggers("scheduler")

    def found() -> tuple[Lag, Lag]:
        return lag(kafka_servers, of_executors), lag(kafka_servers, of_schedulers)

    def waiting() -> list[int]:
        return [one.waits for one in found()]

    def scale(replicas: int) -> None:
        kubernetes.do(
            "scale", "deployment/alur-executor", f"--replicas={replicas}", "-n", namespace
        )

    # With a limit a scheduler admits each first.
    limited = {"settings": {"concurrency": {"limit": WAITING}}}
    nodes = [{"name": "nothing", "type": "core.noop"}]
    kubernetes.apply(workflow(namespace, "held", nodes=nodes, **limited))
    kubernetes.wait_for("workflows", namespace, "held", holds("Ready"))
    before = found()
    scale(0)
    until(lambda: not executors(alur_in_pods), alur_in_pods)
    with alur_in_pods.rest(alur_in_pods.token_as_a_service()) as rest:
        start = f"{address(namespace, 'held')}/executions"
        ids = [rest.post(start, json={"input": [{}]}).json()["id"] for _ in range(WAITING)]
        until(lambda: waiting() == [WAITING, 0], alur_in_pods)
        scale(TWO["replicas"])
        assert states(rest, namespace, ids) == {"succeeded": WAITING}
    until(lambda: waiting() == [0, 0], alur_in_pods)
    done = [after.done - earlier.done for earlier, after in zip(before, found(), strict=True)]
    assert min(done) >= WAITING


@pytest.mark.nightly
def test_load_brings_an_executor_that_takes_work_up_and_quiet_takes_one_away_and_nothing_is_lost(
    alur_in_pods: Installed, tmp_path: Path
) -> None:
    kubernetes, namespace = alur_in_pods.kubernetes, alur_in_pods.namespace
    before = executors(alur_in_pods)

    def came() -> set[str]:
        return {at for name, at in executors(alur_in_pods).items() if name not in before and at}

    with (
        effects(tmp_path / "effects") as world,
        measured(kubernetes, alur_in_pods.machine),
        alur_in_pods.rest(alur_in_pods.token_as_a_service()) as rest,
    ):
        kubernetes.apply(acting(namespace, world.port, "steady"), heavy(namespace))
        for name in ("steady", "heavy"):
            kubernetes.wait_for("workflows", namespace, name, holds("Ready"))
        scale_by_cpu(alur_in_pods)
        assert executors(alur_in_pods) == before, "those that ran go on"
        with Traffic(rest, f"{address(namespace, 'steady')}/executions", STEADY) as steady:
            with Traffic(rest, f"{address(namespace, 'heavy')}/executions", LOAD) as load:
                until(lambda: any(map(started_by, came())), alur_in_pods)
            assert states(rest, namespace, load.ids) == {"succeeded": len(load.ids)}
            until(lambda: len(executors(alur_in_pods)) == len(before), alur_in_pods)
        assert states(rest, namespace, steady.ids) == {"succeeded": len(steady.ids)}
        # A busy machine may have so many wait that more are refused for a while: those were never accepted.
        lost = [said for said in (*steady.lost, *load.lost) if not said.startswith("429 ")]
        assert lost == []
        keys = {effect: len(found) for effect, found in world.keys().items()}
        assert keys == dict.fromkeys(steady.ids, 1)


def scale_by_cpu(installed: Installed) -> None:
    """Have the release scale its executors, two or three, as the guide says it."""
    by = {"enabled": True, "maxReplicas": 3, "cpuPercent": 40, "scaleDownSeconds": 8}
    given = ("--reuse-values", "--set-json", f"executor.autoscaling={json.dumps(by)}")
    installed.helm("upgrade", str(chart.CHART), "--no-hooks", *given)


@pytest.mark.nightly
def test_a_database_that_is_restored_has_what_was_there_and_what_waited_goes_on(
    alur_in_pods: Installed, values: dict[str, Any], tmp_path: Path
) -> None:
    kubernetes, namespace = alur_in_pods.kubernetes, alur_in_pods.namespace
    node = {"name": "wait", "type": "core.wait", "params": {"signal": "go"}}
    kubernetes.apply(workflow(namespace, "asks", nodes=[node]))
    kubernetes.wait_for("workflows", namespace, "asks", holds("Ready"))
    small = yaml.safe_load((chart.CHART / "ci/small-values.yaml").read_text())
    given = json.dumps({**small, **values, "crds": {"install": False}})
    shell = alur_in_pods.reader(tmp_path / "reader", {"my-values.yaml": given})
    told = alur_in_pods.commands("kubernetes-operate", "Back up a database")
    token = alur_in_pods.token_as_a_service()
    executions = f"/api/v1/projects/{namespace}/executions"

    def start(rest: httpx.Client) -> str:
        answer = rest.post(f"{address(namespace, 'asks')}/executions", json={"input": [{}]})
        return str(answer.raise_for_status().json()["id"])

    with alur_in_pods.rest(token) as rest:
        waits = start(rest)
        until(lambda: rest.get(f"{executions}/{waits}").json()["status"] == "waiting", alur_in_pods)
        shell.run(told[:3])
        later = start(rest)
    shell.run([told[1], *told[3:]])
    alur_in_pods.wait_until_available()
    with alur_in_pods.rest(token) as rest:
        assert rest.get(f"{executions}/{later}").status_code == httpx.codes.NOT_FOUND
        anew = start(rest)
        until(lambda: rest.get(f"{executions}/{anew}").json()["status"] == "waiting", alur_in_pods)
        for one in (waits, anew):
            signal = {"name": "go", "payload": {}}
            rest.post(f"{executions}/{one}:signal", json=signal).raise_for_status()
        assert states(rest, namespace, [waits, anew]) == {"succeeded": 2}
