"""The custom resource definitions of others that the chart and the guide make objects of, as their Go modules publish them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tools.servers.cache import kept, run

NAME = "definitions"
VERSION = "4"
"""Of this table: raise it with each change."""
_PROMETHEUS = "example/prometheus-operator-crd/monitoring.coreos.com_"
MODULES = {
    "github.com/cert-manager/cert-manager@v1.21.2": (
        "deploy/crds/cert-manager.io_certificates.yaml",
        "deploy/crds/cert-manager.io_issuers.yaml",
    ),
    "github.com/fluxcd/kustomize-controller@v1.6.0": (
        "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml",
    ),
    "github.com/kedacore/keda/v2@v2.21.0": ("config/crd/bases/keda.sh_scaledobjects.yaml",),
    "github.com/mongodb/mongodb-kubernetes-operator@v0.9.0": (
        "config/crd/bases/mongodbcommunity.mongodb.com_mongodbcommunity.yaml",
    ),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        f"{_PROMETHEUS}podmonitors.yaml",
        f"{_PROMETHEUS}prometheusrules.yaml",
    ),
    "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.7.0": (
        "config/crd/snapshot.storage.k8s.io_volumesnapshots.yaml",
    ),
    "sigs.k8s.io/gateway-api@v1.5.0": (
        "config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
}


def _build(folder: Path) -> None:
    for module, files in MODULES.items():
        found = json.loads(run("go", "mod", "download", "-json", module, cwd=folder))
        for file in files:
            shutil.copy(Path(found["Dir"]) / file, folder / Path(file).name)


def get() -> Path:
    """Return their folder."""
    return kept(NAME, VERSION, _build)


def version() -> str:
    """Return the number of the table."""
    return get().name
