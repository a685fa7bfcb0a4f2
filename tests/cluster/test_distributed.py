"""The chart's mode `distributed`, installed on a cluster whose pods run, over real servers; then upgraded under load."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.installing import Installed, installed
from tests.cluster.objects import has_phase, run, status_of, workflow
from tests.support.cluster import Kubernetes, holds
from tests.support.servers import kafka_servers, mongo_url, s3_url

__all__ = ["kafka_servers", "mongo_url", "s3_url"]

TWO = {"replicas": 2}


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="module")
def values(kafka_servers: str, s3_url: str) -> dict[str, Any]:
    return {
        "kafka": {"bootstrapServers": kafka_servers},
        "blobs": {"url": s3_url, "existingSecret": "alur-s3"},
        "gateway": TWO,
        "registry": TWO,
        "scheduler": TWO,
        "executor": TWO,
        "publicUrl": "",
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
    with installed(kubernetes, "distributed", folder, "small", values, secrets=named) as made:
        yield made


def test_an_applied_workflow_gets_ready_and_runs(alur_in_pods: Installed) -> None:
    kubernetes, namespace = alur_in_pods.kubernetes, alur_in_pods.namespace
    alur_in_pods.make_secret("alur-operator", {"token": alur_in_pods.token_as_a_service()})
    alur_in_pods.wait_until_available()
    kubernetes.apply(workflow(namespace), run(namespace, "greet", input=[{"who": "Ana"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    assert status_of(found)["output"] == [{"hello": "Ana", "who": "Ana"}]
