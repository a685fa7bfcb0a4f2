"""Helm on the chart."""

from __future__ import annotations

import subprocess

from tools.servers import helm

WORKLOADS = ("Deployment", "StatefulSet", "Job")


def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = (str(helm.get()), *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # Helm
