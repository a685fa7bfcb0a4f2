"""What is made of the chart: its schema, its table of values, its golden files, and the plain manifests.

`python -m tools.chart` writes them; it needs Helm, which `make servers-of-cluster` gets.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from alur_engine.reading import write_yaml
from tools.servers import helm

ROOT = Path(__file__).parents[1]
CHART = ROOT / "charts/alur"
GOLDEN = ROOT / "tests/cluster/golden"
SETS = ("dev", "team", "small", "production", "operators")
SERVICES = ("gateway", "registry", "scheduler", "executor")
KUBERNETES = "1.37.0"
APIS = ("monitoring.coreos.com/v1/PodMonitor", "monitoring.coreos.com/v1/PrometheusRule")
_KEY = re.compile(r"^( *)([A-Za-z]+):(.*)$")
_FREE = " (free)"
_CHOICE = re.compile(r"One of: ([A-Za-z, ]+)\.")
_PORT = {"type": "integer", "minimum": 1, "maximum": 65_535}
_TEXT, _OBJECT = {"type": "string"}, {"type": "object"}
_LABEL = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
_NAME = {"pattern": "^([a-z]([-a-z0-9]*[a-z0-9])?)?$"}
_GIVEN = {"minLength": 1}
_TEXTS = {"additionalProperties": _TEXT}
_ENV = {"additionalProperties": {"type": ["string", "number", "boolean"]}}
# Of the public internet: of IPv6 that is what begins with 2 or 3.
_NETWORK = {
    "type": "string",
    "pattern": r"^([0-9]{1,3}(\.[0-9]{1,3}){3}/([1-9]|[12][0-9]|3[0-2])|[23][0-9a-fA-F]{3}:[0-9a-fA-F:]*/[0-9]{1,3})$",
}
_POOL = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": _LABEL,
        "serves": _TEXT,
        "replicas": {"type": "integer", "minimum": 0},
        "resources": _OBJECT,
        "nodeSelector": _OBJECT,
        "tolerations": {"type": "array", "items": _OBJECT},
        "env": {**_OBJECT, **_ENV},
    },
}
_FROM_GIT = {
    "argocd.argoproj.io/hook": "PreSync",
    "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    "kustomize.toolkit.fluxcd.io/force": "enabled",
}
"""What has Argo CD and Flux make a Job anew for another version, which cannot be changed, and at no other time."""
_BROKER = r"\s*[^\s,:]+:[0-9]+\s*"
BOUNDS: Mapping[str, Mapping[str, Any]] = {
    "nameOverride": _NAME,
    "fullnameOverride": _NAME,
    "publicUrl": {"pattern": "^(https?://[^/\\s]+.*)?$"},
    "image.repository": _GIVEN,
    "image.digest": {"pattern": "^(sha256:[0-9a-f]{64})?$"},
    "kafka.bootstrapServers": {"pattern": f"^({_BROKER}(,{_BROKER})*)?$"},
    "mongo.key": _GIVEN,
    "blobs.url": {"pattern": "^(s3://[^/]+.*)?$"},
    "executor.pools": {"items": _POOL},
    "operator.tokenSecret": _GIVEN,
    "operator.tokenKey": _GIVEN,
    "operator.watch.namespaces": {"items": _LABEL, "uniqueItems": True},
    "operator.resyncSeconds": {"minimum": 1},
    **{f"{name}.autoscaling.minReplicas": {"minimum": 1} for name in SERVICES},
    "podLabels": _TEXTS,
    "podAnnotations": _TEXTS,
    "operator.webhook.timeoutSeconds": {"minimum": 1, "maximum": 30},
    "service.port": _PORT,
    "service.grpcPort": _PORT,
    "ingress.host": _GIVEN,
}
"""What the comments of the values do not say: the forms of texts and of what stands in lists, and bounds of numbers."""
NAMED: Mapping[str, Mapping[str, Any]] = {
    "ports": {"items": _PORT},
    "imagePullSecrets": {"items": {**_OBJECT, "required": ["name"]}},
    **{name: {"items": _TEXT} for name in ("hostnames", "grpcHostnames")},
    "except": {"items": _NETWORK},
    "env": _ENV,
    **{name: {"items": _OBJECT} for name in ("to", "more", "gatewayFrom", "metricsFrom")},
    **{name: {"items": _OBJECT} for name in ("tolerations", "parentRefs")},
    **{name: {"minimum": 1} for name in ("maxReplicas", "cpuPercent", "lagThreshold")},
}
"""The same of all values that have this name."""


@dataclass(frozen=True)
class Value:
    """One value of the chart: its path, what it is for, and its default."""

    path: tuple[str, ...]
    about: str
    default: Any

    @property
    def is_free(self) -> bool:
        """It takes any keys."""
        return self.about.endswith(_FREE)

    @property
    def is_group(self) -> bool:
        """It only holds others."""
        return isinstance(self.default, dict) and not self.is_free


def values(text: str) -> Iterator[Value]:
    """Yield all values of a file, each with the comment above it."""
    defaults = yaml.safe_load(text)
    path: list[str] = []
    free_from: int | None = None
    about = ""
    for line in text.splitlines():
        found = _KEY.match(line)
        if line.strip().startswith("#"):
            about = line.strip("# ").strip()
        if not found:
            continue
        depth = len(found[1]) // 2
        if free_from is not None and depth > free_from:
            continue
        path = [*path[:depth], found[2]]
        default = defaults
        for part in path:
            default = default[part]
        value = Value(tuple(path), about, default)
        free_from = depth if value.is_free else None
        yield value
        about = ""


def schema(text: str) -> dict[str, Any]:
    """Return the JSON Schema of the values: names that are not there are refused."""
    root = _group("The values of the chart.")
    for value in values(text):
        place = root
        for part in value.path[:-1]:
            place = place["properties"][part]
        place["properties"][value.path[-1]] = _described(value)
    # Helm adds these of its own.
    root["properties"]["global"] = {"type": "object"}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **root}


def _group(about: str) -> dict[str, Any]:
    return {"type": "object", "description": about, "additionalProperties": False, "properties": {}}


def _described(value: Value) -> dict[str, Any]:
    about = value.about.removesuffix(_FREE)
    if not about:
        raise ValueError(f"{'.'.join(value.path)} has no comment above it")
    if value.is_group:
        return _group(about)
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
    made: dict[str, Any] = {"type": kinds[type(value.default)], "description": about}
    if choice := _CHOICE.search(about):
        made["enum"] = choice[1].split(", ")
    if isinstance(value.default, int) and not isinstance(value.default, bool):
        made["minimum"] = 0
    return {**made, **NAMED.get(value.path[-1], {}), **BOUNDS.get(".".join(value.path), {})}


def readme(text: str) -> str:
    """Return the chart's README."""
    rows = [
        f"| `{'.'.join(value.path)}` | {value.about.removesuffix(_FREE)} | `{json.dumps(value.default)}` |"
        for value in values(text)
        if not value.is_group
    ]
    head = (CHART / "README.head.md").read_text()
    return "\n".join((head, "| value | says | default |", "|---|---|---|", *rows, ""))


@functools.cache
def rendered(name: str, *more: str, tests: bool = True) -> str:
    """Return what Helm makes of a set of values, and more arguments, as if the cluster knew all that the chart can use."""
    command = [str(helm.get()), "template", "alur", str(CHART), "--namespace", "alur"]
    command += ["-f", str(CHART / f"ci/{name}-values.yaml"), "--kube-version", KUBERNETES]
    command += [part for api in APIS for part in ("--api-versions", api)]
    command += more if tests else ("--skip-tests", *more)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # Helm
    if done.returncode:
        raise RuntimeError(f"helm does not render {name}: {done.stderr}")
    return done.stdout


def objects(text: str) -> list[dict[str, Any]]:
    """Return the objects of a rendered text."""
    documents = yaml.load_all(text, Loader=yaml.CSafeLoader)  # safe, and in C
    return [found for found in documents if found]


def golden(name: str, *more: str) -> str:
    """Return what is rendered but for the definitions and the content of dashboards, which have files of their own."""
    found = [o for o in objects(rendered(name, *more)) if o["kind"] != "CustomResourceDefinition"]
    for one in found:
        if one["metadata"]["name"].endswith("-dashboard"):
            one["data"] = dict.fromkeys(one["data"], "charts/alur/files/dashboards")
    return "---\n".join(write_yaml(one) for one in found)


def plain(name: str, *more: str, kind: str = "") -> str:
    """Return the manifests of a set of values, of a kind or all, for `kubectl apply -k`: without what only Helm knows."""
    found = [o for o in objects(rendered(name, *more, tests=False)) if kind in {"", o["kind"]}]
    for one in found:
        for labels in _labels(one):
            labels.pop("helm.sh/chart", None)
            if labels.get("app.kubernetes.io/managed-by") == "Helm":
                labels["app.kubernetes.io/managed-by"] = "kustomize"
        annotations = one["metadata"].get("annotations") or {}
        for key in [key for key in annotations if key.startswith("helm.sh/")]:
            del annotations[key]
        if one["kind"] == "Job":
            annotations |= _FROM_GIT
        if not annotations:
            one["metadata"].pop("annotations", None)
    return "---\n".join(map(write_yaml, found))


def _labels(one: dict[str, Any]) -> Iterator[dict[str, str]]:
    yield one["metadata"].get("labels") or {}
    template = one.get("spec", {}).get("template") or {}
    yield (template.get("metadata") or {}).get("labels") or {}


def made() -> dict[Path, str]:
    """Return every file that is made, and what is in it."""
    text = (CHART / "values.yaml").read_text()
    files = {
        CHART / "values.schema.json": json.dumps(schema(text), indent=2, ensure_ascii=False) + "\n",
        CHART / "README.md": readme(text),
    }
    files |= {GOLDEN / f"{name}.yaml": golden(name) for name in SETS}
    places = {"dev": "base/embedded", "small": "base/distributed"}
    files |= {ROOT / f"k8s/{place}/alur.yaml": plain(name) for name, place in places.items()}
    twice = ",".join(f"{name}.replicas=2" for name in SERVICES)
    budgets = plain("small", "--set", twice, kind="PodDisruptionBudget")
    files[ROOT / "k8s/overlays/production/budgets.yaml"] = budgets
    return files


def main() -> None:
    """Write them all; the schema first, for Helm goes by it."""
    text = (CHART / "values.yaml").read_text()
    (CHART / "values.schema.json").write_text(json.dumps(schema(text), indent=2) + "\n")
    for path, content in made().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


if __name__ == "__main__":
    main()
