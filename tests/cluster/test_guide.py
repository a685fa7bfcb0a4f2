from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.cluster.objects import version_of, workflow
from tests.support.alur_dev import ROOT, AlurDev
from tests.support.cluster import Kubernetes, holds
from tools import chart

GUIDE = (ROOT / "docs/how-to/kubernetes.md").read_text()
SHOWN = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.usefixtures("operator")
def test_the_guide_does_as_it_tells(kubernetes: Kubernetes, namespace: str) -> None:
    workflow, run = SHOWN
    here = ("-n", namespace)
    kubernetes.do("apply", "--server-side", *here, "-f", "-", feed=workflow)
    kubernetes.do("wait", "--for=condition=Ready", "awf/greet", *here, "--timeout=20s")
    kubernetes.do("apply", "--server-side", *here, "-f", "-", feed=run)
    kubernetes.do("wait", "--for=condition=Succeeded", "awr/greet-ana", *here, "--timeout=20s")
    output = kubernetes.do("get", "awr", "greet-ana", *here, "-o", "jsonpath={.status.output}")
    assert output in GUIDE


def test_the_guide_names_values_that_exist() -> None:
    text = (chart.CHART / "values.yaml").read_text()
    known = {".".join(value.path) for value in chart.values(text)}
    named = set(
        re.findall(r"`((?:operator|executor|scheduler|gateway|registry|crds)\.[\w.]+)`", GUIDE)
    )
    assert named - known == set()


def test_the_guide_names_files_that_exist() -> None:
    named = re.findall(r"(?:charts/alur|k8s)/[\w/.-]*\w", GUIDE)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.usefixtures("operator")
def test_what_is_exported_is_what_was_applied(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    exported = alur.cli("export", "greet", "-p", namespace).stdout
    assert yaml.safe_load(exported)["metadata"] == {"name": "greet", "namespace": namespace}
    assert kubernetes.kubectl("diff", "--server-side", "-f", "-", feed=exported).returncode == 0


@pytest.mark.usefixtures("operator")
def test_alur_apply_and_kubectl_apply_agree(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str, tmp_path: Path
) -> None:
    file = tmp_path / "greet.yaml"
    file.write_text(SHOWN[0])
    alur.rest.post("/api/v1/projects", json={"name": namespace}).raise_for_status()
    assert alur.cli("apply", "-f", str(file), "-p", namespace).returncode == 0
    adopted = SHOWN[0].replace(
        "  name: greet\n", '  name: greet\n  annotations: {alur.dev/adopt: "true"}\n', 1
    )
    kubernetes.do("apply", "--server-side", "-n", namespace, "-f", "-", feed=adopted)
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert version_of(found) == 1, "the same spec makes no new version"
