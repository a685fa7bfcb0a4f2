from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.objects import version_of, workflow
from tests.support.alur_dev import ROOT, AlurDev
from tests.support.cluster import Kubernetes, holds
from tests.support.guide import PAGES, Command, Shell, files, in_notes, sections
from tests.support.guide import commands as commands_of
from tests.support.operator import Operator
from tests.support.servers import mongo_url
from tools import chart

__all__ = ["mongo_url"]

GUIDE = "".join((ROOT / f"docs/how-to/{page}.md").read_text() for page in PAGES)
FILES = files(*PAGES)
HERE = "alur"
DEV = Command(
    "helm install alur charts/alur -n alur --create-namespace -f charts/alur/ci/dev-values.yaml", ""
)
VALUES = "helm install alur charts/alur -n alur --create-namespace -f my-values.yaml"
READY = "kubectl wait --for=condition=Ready awf/greet --timeout=20s"
BEFORE = {
    "kubernetes": [Command("kubectl create namespace alur", "")],
    "kubernetes-operate": [
        Command("kubectl apply --server-side -f greet.yaml", ""),
        Command(VALUES, ""),
        Command("kubectl -n alur create secret generic alur-keys --from-literal=master-key=m", ""),
        Command(
            'kubectl -n alur create secret generic alur-mongo --from-literal=url="$MONGO_URL"', ""
        ),
        Command("kubectl -n alur create secret generic alur-operator --from-literal=token=t", ""),
    ],
    "Back up a volume": [DEV],
    "kubernetes-troubleshooting": [
        DEV,
        Command("kubectl apply --server-side -f greet.yaml -f greet-ana.yaml", ""),
        Command(READY, ""),
        Command("kubectl wait --for=condition=Succeeded awr/greet-ana --timeout=20s", ""),
    ],
}
"""What a reader has done before a page, or one of its sections."""
ANEW = {"Back up a volume"}


def scripts() -> list[Any]:
    """Return what is run, each on a cluster without a release: whole pages, but for sections that begin anew."""
    found = []
    for page in PAGES:
        parts = sections(page)
        alone = {t: c for t, c in parts.items() if page == "kubernetes-install" or t in ANEW}
        whole = [command for t, c in parts.items() if t not in alone for command in c]
        for title, commands in {"": whole, **alone}.items():
            name = f"{page.removeprefix('kubernetes-')}-{title}".lower().replace(" ", "-")
            before = BEFORE.get(title or page, [])
            if commands:
                found.append(pytest.param(before + commands, id=name[:30].strip("-")))
    return found


@pytest.fixture
def shell(
    *,
    kinds_of_others: Kubernetes,
    alur: AlurDev,
    operator: Operator,
    namespace: str,
    mongo_url: str,
    tmp_path: Path,
) -> Iterator[Shell]:
    """A reader's shell at the root of the project, in a namespace of its own."""
    prepared = kinds_of_others
    kubeconfig = tmp_path / "kubeconfig"
    text = prepared.cluster.kubeconfig.read_text()
    kubeconfig.write_text(text.replace('"namespace": "default"', f'"namespace": "{namespace}"'))
    assert operator.lives()
    more = {
        "KUBECONFIG": str(kubeconfig),
        "ALUR_SERVER": alur.url,
        "ALUR_TOKEN": alur.token,
        "ALUR_PROJECT": namespace,
        "ALUR_DATA": str(alur.data),
        "MONGO_URL": f"{mongo_url}-of-the-guide",
    }
    prepared.remove_namespace(HERE)
    made = Shell(tmp_path, prepared, more)
    made.write(FILES)
    yield made
    prepared.do("delete", "awf,awr", "--all", "-n", namespace, "--timeout=30s")
    prepared.remove_namespace(HERE)


@pytest.mark.parametrize("commands", scripts())
def test_the_guide_does_as_it_tells(shell: Shell, commands: list[Command]) -> None:
    shell.run(commands)


def notes(shell: Shell, command: str) -> list[Command]:
    """Return what the notes after an installation or upgrade tell to type."""
    said = shell.run([Command(f"{command} --dry-run=client", "")])[0].partition("NOTES:\n")[2]
    return [Command(text, "") for text in in_notes(said)]


@pytest.mark.parametrize("install", [DEV.text, VALUES], ids=["dev", "distributed"])
def test_the_notes_of_the_chart_do_as_they_tell(shell: Shell, install: str) -> None:
    told = notes(shell, install)
    assert len(told) == 6, told
    shell.run([Command(install, ""), *told])
    upgrade = install.replace("install", "upgrade").replace(" --create-namespace", "")
    again = notes(shell, upgrade)
    assert {one.text for one in again} & {one.text for one in told} == set()
    assert [one.text.split()[3] for one in again][-3:] == ["rollout", "history", "rollback"]
    shell.run([Command(upgrade, ""), *again])


def test_the_readme_of_the_chart_tells_what_the_guide_tells() -> None:
    shown = (chart.CHART / "README.head.md").read_text()
    told = [command.text.partition("#")[0].strip() for command in commands_of(shown)]
    assert len(told) == 2
    assert [text for text in told if text not in GUIDE] == []


def test_every_page_of_the_guide_has_commands_and_files() -> None:
    counts = {page: sum(map(len, sections(page).values())) for page in PAGES}
    assert min(counts.values()) >= 5, counts
    assert {"greet.yaml", "greet-ana.yaml", "my-values.yaml", "runs-workflows.yaml"} <= set(FILES)


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
    file.write_text(FILES["greet.yaml"])
    alur.rest.post("/api/v1/projects", json={"name": namespace}).raise_for_status()
    assert alur.cli("apply", "-f", str(file), "-p", namespace).returncode == 0
    adopted = FILES["greet.yaml"].replace(
        "  name: greet\n", '  name: greet\n  annotations: {alur.dev/adopt: "true"}\n', 1
    )
    kubernetes.do("apply", "--server-side", "-n", namespace, "-f", "-", feed=adopted)
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert version_of(found) == 1, "the same spec makes no new version"
