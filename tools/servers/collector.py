"""The OpenTelemetry Collector, built with what tests need: it takes OTLP and writes down what arrives."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.servers.cache import kept, run
from tools.servers.running import Server, free_port

NAME = "collector"
VERSION = "v0.161.0"
PROVIDERS = "v1.67.0"
# All of one version: mixed ones do not build.
_MANIFEST = f"""dist:
  name: otelcol
  output_path: ./dist
  version: {VERSION.removeprefix("v")}
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver {VERSION}
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/debugexporter {VERSION}
  - gomod: github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter {VERSION}
providers:
  - gomod: go.opentelemetry.io/collector/confmap/provider/envprovider {PROVIDERS}
  - gomod: go.opentelemetry.io/collector/confmap/provider/fileprovider {PROVIDERS}
"""
_PIPELINE = "{receivers: [otlp], exporters: [file, debug]}"
_SETTINGS = """receivers:
  otlp: {{protocols: {{grpc: {{endpoint: "127.0.0.1:{port}"}}}}}}
exporters:
  debug: {{}}
  file: {{path: "{output}", flush_interval: 100ms}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {pipeline}, metrics: {pipeline}, logs: {pipeline}}}
"""


def _build(folder: Path) -> None:
    builder = f"go.opentelemetry.io/collector/cmd/builder@{VERSION}"
    run("go", "install", builder, GOBIN=str(folder), CGO_ENABLED="0")
    (folder / "manifest.yaml").write_text(_MANIFEST)
    run(
        "nice",
        "-n",
        "10",
        folder / "builder",
        "--config=manifest.yaml",
        cwd=folder,
        CGO_ENABLED="0",
    )
    (folder / "dist/otelcol").rename(folder / "otelcol")
    shutil.rmtree(folder / "dist")


def get() -> Path:
    """Return its program."""
    return kept(NAME, VERSION, _build) / "otelcol"


def version() -> str:
    """Return the version that the program says."""
    return f"v{run(get(), '--version').split()[-1]}"


def output(folder: Path) -> Path:
    """Return the file of what has arrived: an OTLP request as JSON in each line."""
    return folder / "telemetry.jsonl"


def server(folder: Path) -> Server:
    """Return one in this folder, which takes OTLP over gRPC at `http://127.0.0.1:<port>`."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "settings.yaml"
    settings.write_text(_SETTINGS.format(port=port, output=output(folder), pipeline=_PIPELINE))
    return Server(NAME, (str(get()), "--config", str(settings)), folder, port)
