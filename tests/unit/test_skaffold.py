"""skaffold.yaml, by what its schema v4 says of the parts that we use: in our words, for the schema is in no registry."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.support.alur_dev import ROOT

CHART = ROOT / "charts/alur"


class Part(BaseModel):
    """Names that are not in the schema are refused, as skaffold refuses them."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Docker(Part):
    dockerfile: str = "Dockerfile"
    target: str = ""
    buildArgs: dict[str, str] = {}  # noqa: N815  # skaffold's


class Artifact(Part):
    image: str = Field(min_length=1)
    context: str = "."
    docker: Docker = Docker()


class Local(Part):
    push: bool | None = None
    useBuildkit: bool | None = None  # noqa: N815  # skaffold's
    useDockerCLI: bool | None = None  # noqa: N815  # skaffold's
    concurrency: int | None = None


class GitCommit(Part):
    variant: Literal["Tags", "CommitSha", "AbbrevCommitSha", "TreeSha", "AbbrevTreeSha"] = "Tags"
    prefix: str = ""
    ignoreChanges: bool = False  # noqa: N815  # skaffold's


class TagPolicy(Part):
    gitCommit: GitCommit | None = None  # noqa: N815  # skaffold's
    sha256: dict[str, str] | None = None


class Build(Part):
    artifacts: list[Artifact] = []
    local: Local | None = None
    tagPolicy: TagPolicy | None = None  # noqa: N815  # skaffold's
    platforms: list[str] = []


class Release(Part):
    name: str = Field(min_length=1)
    chartPath: str  # noqa: N815  # skaffold's
    namespace: str = ""
    createNamespace: bool = False  # noqa: N815  # skaffold's
    valuesFiles: list[str] = []  # noqa: N815  # skaffold's
    setValues: dict[str, Any] = {}  # noqa: N815  # skaffold's
    setValueTemplates: dict[str, str] = {}  # noqa: N815  # skaffold's
    wait: bool = False


class Helm(Part):
    releases: list[Release] = []


class Manifests(Part):
    helm: Helm


class Deploy(Part):
    helm: Helm | None = None
    statusCheck: bool | None = None  # noqa: N815  # skaffold's
    statusCheckDeadlineSeconds: int | None = None  # noqa: N815  # skaffold's


class Forward(Part):
    resourceType: Literal["pod", "service", "deployment", "statefulset"]  # noqa: N815  # skaffold's
    resourceName: str  # noqa: N815  # skaffold's
    namespace: str = ""
    port: int | str
    localPort: int | None = None  # noqa: N815  # skaffold's


class Activation(Part):
    command: str = ""
    env: str = ""
    kubeContext: str = ""  # noqa: N815  # skaffold's


class Profile(Part):
    name: str = Field(min_length=1)
    activation: list[Activation] = []
    build: Build | None = None
    manifests: Manifests | None = None
    deploy: Deploy | None = None
    portForward: list[Forward] = []  # noqa: N815  # skaffold's


class Config(Part):
    apiVersion: Literal["skaffold/v4beta13"]  # noqa: N815  # skaffold's
    kind: Literal["Config"]
    metadata: dict[Literal["name"], str]
    build: Build
    manifests: Manifests
    deploy: Deploy
    portForward: list[Forward] = []  # noqa: N815  # skaffold's
    profiles: list[Profile] = []


def read() -> Any:  # noqa: ANN401  # YAML
    return yaml.safe_load((ROOT / "skaffold.yaml").read_text())


def test_it_is_what_skaffold_reads() -> None:
    config = Config.model_validate(read())
    assert {profile.name for profile in config.profiles} == {"dev", "ci"}


def test_a_name_that_skaffold_does_not_know_is_found() -> None:
    wrong = read()
    wrong["manifests"]["helm"]["releases"][0]["valueFiles"] = []
    with pytest.raises(ValidationError, match="valueFiles"):
        Config.model_validate(wrong)


def test_it_names_what_is_there() -> None:
    config = Config.model_validate(read())
    (release,), (artifact,) = config.manifests.helm.releases, config.build.artifacts
    files = [artifact.docker.dockerfile, release.chartPath, *release.valuesFiles]
    assert [name for name in files if not (ROOT / name).exists()] == []
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["image"]["repository"] == artifact.image
    assert {forward.port for forward in config.portForward} == {values["service"]["port"]}


def test_the_image_that_was_built_is_the_one_that_is_installed() -> None:
    config = Config.model_validate(read())
    (release,), (artifact,) = config.manifests.helm.releases, config.build.artifacts
    name = str(PurePosixPath(artifact.image)).replace("/", "_")
    assert release.setValueTemplates == {
        "image.repository": f"{{{{.IMAGE_REPO_{name}}}}}",
        "image.tag": f"{{{{.IMAGE_TAG_{name}}}}}",
    }
