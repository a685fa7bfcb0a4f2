"""Kubernetes without machines: etcd, the API server and the controllers, of one program built from Go modules."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tools.servers.cache import kept, run

NAME = "kubernetes"
VERSION = "v1.37.2"
ETCD = "v3.7.3"
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
_MAIN = """package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	name := filepath.Base(os.Args[0])
	commands := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": controllers.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	}
	if command, known := commands[name]; known {
		os.Exit(cli.Run(command()))
	}
	etcdmain.Main(os.Args)
}
"""


def _build(folder: Path) -> None:
    """Build it; the linker needs some 3 GB."""
    (folder / "main.go").write_text(_MAIN)
    (folder / "go.mod").write_text(_module())
    run("go", "mod", "tidy", cwd=folder, GOFLAGS="-mod=mod")
    stamp = f"-X k8s.io/component-base/version.gitVersion={VERSION}"
    flags = ("-trimpath", "-ldflags", f"-s -w {stamp}", "-o", str(folder / NAME))
    run("nice", "-n", "10", "go", "build", *flags, ".", cwd=folder, CGO_ENABLED="0")
    for program in PROGRAMS:
        (folder / program).symlink_to(NAME)


def _module() -> str:
    """Return the module's file: Kubernetes names its own parts without a version, so each is named here."""
    described = json.loads(run("go", "mod", "download", "-json", f"k8s.io/kubernetes@{VERSION}"))
    theirs = Path(described["GoMod"]).read_text()
    parts = re.findall(r"^\s+(k8s\.io/\S+) v0\.0\.0(?: // indirect)?$", theirs, re.MULTILINE)
    staged = VERSION.replace("v1.", "v0.", 1)
    return "\n".join(
        (
            "module alur.dev/kubernetes",
            re.search(r"^go .*$", theirs, re.MULTILINE)[0],  # type: ignore[index]  # it has one
            f"require k8s.io/kubernetes {VERSION}",
            f"require go.etcd.io/etcd/server/v3 {ETCD}",
            *(f"replace {part} => {part} {staged}" for part in sorted(set(parts))),
        )
    )


def get() -> Path:
    """Return the folder of its programs. Building them takes some ten minutes, once."""
    return kept(NAME, VERSION, _build, "a build of some twelve minutes on two cores, once")


def version() -> str:
    """Return the version that the API server says."""
    return run(get() / "kube-apiserver", "--version").split()[1]
