from __future__ import annotations

import re

import pytest

from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes
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
