from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.document import Position
from alur_engine.reading import read_documents
from alur_engine.validation import validate_document
from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes, Object
from tests.support.corpus import corpus, with_ports

HERE = Path(__file__).parent
WORKFLOW: Object = {
    "apiVersion": "alur.dev/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "good", "namespace": "default"},
    "spec": {
        "triggers": [
            {"name": "by hand", "type": "trigger.manual"},
            {"name": "every night", "type": "trigger.schedule", "params": {"cron": "0 2 * * *"}},
        ],
        "nodes": [
            {"name": "shape", "type": "core.set", "params": {"fields": {"a": 1}}},
            {"name": "pass", "type": "core.noop"},
        ],
        "edges": [{"from": "by hand", "to": "shape"}, {"from": "shape", "to": "pass"}],
        "settings": {},
    },
}
RUN: Object = {
    "apiVersion": "alur.dev/v1alpha1",
    "kind": "WorkflowRun",
    "metadata": {"name": "good", "namespace": "default"},
    "spec": {"workflow": "good"},
}
CORPUS = corpus()


def cases(name: str) -> list[Any]:
    found = yaml.safe_load((HERE / name).read_text())
    return [pytest.param(case["set"], case["says"], id=str(case["set"])[:80]) for case in found]


def changed(document: Object, changes: dict[str, Any]) -> Object:
    document = copy.deepcopy(document)
    for path, value in changes.items():
        *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
        place: Any = document
        for part in parents:
            place = place[part]
        if value is None and isinstance(place, dict):
            del place[last]
        else:
            place[last] = value
    return document


def create(kubernetes: Kubernetes, kind: str, document: Object) -> httpx.Response:
    options = {"dryRun": "All", "fieldValidation": "Strict"}
    return kubernetes.api.post(kubernetes.path(kind, "default"), params=options, json=document)


def test_the_documents_that_are_changed_are_good(kubernetes: Kubernetes) -> None:
    assert create(kubernetes, "workflows", WORKFLOW).status_code == 201
    assert create(kubernetes, "workflowruns", RUN).status_code == 201


@pytest.mark.parametrize(("changes", "says"), cases("refused_workflows.yaml"))
def test_a_bad_workflow_is_refused_with_its_reason(
    kubernetes: Kubernetes, changes: dict[str, Any], says: str
) -> None:
    answer = create(kubernetes, "workflows", changed(WORKFLOW, changes))
    assert answer.status_code in {400, 422}, answer.text
    assert says in answer.json()["message"]


@pytest.mark.parametrize(("changes", "says"), cases("refused_runs.yaml"))
def test_a_bad_run_is_refused_with_its_reason(
    kubernetes: Kubernetes, changes: dict[str, Any], says: str
) -> None:
    answer = create(kubernetes, "workflowruns", changed(RUN, changes))
    assert answer.status_code in {400, 422}, answer.text
    assert says in answer.json()["message"]


@pytest.mark.parametrize(
    "longest", ["P36525D", "P5217W6D", "PT3155760000S", "P0W36524DT23H59M60.0S"]
)
def test_a_run_may_take_a_century(kubernetes: Kubernetes, longest: str) -> None:
    spec = {"spec.timeout": longest, "spec.ttlAfterFinished": longest}
    answer = create(kubernetes, "workflowruns", changed(RUN, spec))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("document", CORPUS.values(), ids=CORPUS.keys())
def test_the_server_keeps_a_good_document_as_it_is(
    kubernetes: Kubernetes, document: Object
) -> None:
    answer = create(kubernetes, "workflows", changed(document, {"metadata.namespace": "default"}))
    assert answer.status_code == 201, answer.text
    assert answer.json()["spec"] == with_ports(document["spec"])


def test_kubectl_reads_positions_as_people_write_them(kubernetes: Kubernetes) -> None:
    with kubernetes.namespace("positions") as namespace:
        kubernetes.do("apply", "--server-side", "-n", namespace, "-f", str(ROOT / "examples"))
        found = kubernetes.get("workflows", namespace, "large-orders")
        assert found is not None
        kept, problems = validate_document(found, Catalogue.from_json(load_catalogue()))
        written: Any = read_documents((ROOT / "examples/large-orders.yaml").read_text())[0]
        said = written["spec"]["nodes"][0]["position"]
        assert (problems, kept and kept.spec.nodes[0].position) == ([], Position(**said))


def test_the_largest_workflow_fits(kubernetes: Kubernetes) -> None:
    names = [f"step {number:04d}".ljust(64, "x") for number in range(1_000)]
    nodes = [{"name": name, "type": "core.noop", "params": {"note": "y" * 500}} for name in names]
    pairs = itertools.pairwise(names)
    spec = {"nodes": nodes, "edges": [{"from": a, "to": b} for a, b in pairs]}
    answer = create(kubernetes, "workflows", {**WORKFLOW, "spec": spec})
    assert answer.status_code == 201, answer.text


def test_one_node_more_is_told(kubernetes: Kubernetes) -> None:
    nodes = [{"name": f"n{number}", "type": "core.noop"} for number in range(1_001)]
    answer = create(kubernetes, "workflows", {**WORKFLOW, "spec": {"nodes": nodes}})
    assert "must have at most 1000 items" in answer.json()["message"]


def test_a_run_stays_what_it_was_but_for_its_time_to_live(kubernetes: Kubernetes) -> None:
    with kubernetes.namespace("fixed-runs") as namespace:
        run = changed(RUN, {"metadata.namespace": namespace, "spec.start": "here"})
        kubernetes.apply(run)
        kubernetes.apply(changed(run, {"spec.ttlAfterFinished": "PT1H"}))
        done = kubernetes.kubectl(
            "apply",
            "--server-side",
            "-f",
            "-",
            feed=json.dumps(changed(run, {"spec.start": "there"})),
        )
        assert "a run cannot be changed" in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        [{"a": 1, "b": {"c": [2]}}],
        [{"a": 1, "b": {"c": [1], "d": ""}}],
        [{"a": 1}],
        [{"a": 1, "b": {"c": [1]}}, {}],
        [],
        None,
    ],
    ids=["deep", "wider", "narrower", "longer", "empty", "absent"],
)
def test_the_input_of_a_run_stays_what_it_was(
    kubernetes: Kubernetes, namespace: str, given: object
) -> None:
    said = {"metadata.namespace": namespace, "spec.input": [{"a": 1, "b": {"c": [1]}}]}
    place = kubernetes.path("workflowruns", namespace)
    kept = kubernetes.api.post(place, json=changed(RUN, said)).raise_for_status().json()
    one = kubernetes.path("workflowruns", namespace, "good")
    longer = kubernetes.api.put(one, json=changed(kept, {"spec.ttlAfterFinished": "PT1H"}))
    assert longer.status_code == 200, longer.text
    answer = kubernetes.api.put(one, json=changed(longer.json(), {"spec.input": given}))
    assert answer.status_code == 422, answer.text
    assert "the input of a run cannot be changed" in answer.json()["message"]


@pytest.mark.parametrize(
    "given",
    [
        [{"text": "x" * 1_000, "number": number} for number in range(1_000)],
        [{f"field {number}": [number, {"deep": "x" * 20}] for number in range(20_000)}],
    ],
    ids=["long", "wide"],
)
def test_a_run_of_the_largest_input_can_still_be_given_another_time_to_live(
    kubernetes: Kubernetes, namespace: str, given: object
) -> None:
    said = {"metadata.namespace": namespace, "spec.input": given}
    place = kubernetes.path("workflowruns", namespace)
    kept = kubernetes.api.post(place, json=changed(RUN, said)).raise_for_status().json()
    one = kubernetes.path("workflowruns", namespace, "good")
    longer = kubernetes.api.put(one, json=changed(kept, {"spec.ttlAfterFinished": "PT1H"}))
    assert longer.status_code == 200, longer.text


@pytest.mark.parametrize(
    "field", ["", ".spec.nodes", ".spec.triggers.params", ".spec.settings.concurrency", ".status"]
)
def test_kubectl_explains_every_field(kubernetes: Kubernetes, field: str) -> None:
    told = kubernetes.do("explain", f"workflow{field}")
    fields = told.partition("FIELDS:")[2].strip().split("\n\n")
    assert all(len(part.strip().splitlines()) >= 2 for part in fields), told


def test_fields_are_selected_by_the_server(kubernetes: Kubernetes) -> None:
    with kubernetes.namespace("selected") as namespace:
        for name, suspend in (("on", False), ("off", True)):
            here = {"metadata.namespace": namespace, "metadata.name": name, "spec.suspend": suspend}
            kubernetes.apply(changed(WORKFLOW, here))
        told = kubernetes.do(
            "get", "awf", "-n", namespace, "--field-selector=spec.suspend=true", "-o", "name"
        )
        assert told.split() == ["workflow.alur.dev/off"]


def test_a_wide_list_shows_why_too(kubernetes: Kubernetes) -> None:
    columns = kubernetes.do("get", "workflows", "-A", "-o", "wide").splitlines()[0].split("  ")
    assert [name.strip() for name in columns if name.strip()] == [
        "NAMESPACE", "NAME", "READY", "VERSION", "TRIGGERS", "SUSPENDED", "LAST RUN", "LAST STATUS", "AGE", "REASON",
        "NODE COUNT", "MESSAGE",
    ]  # fmt: skip
