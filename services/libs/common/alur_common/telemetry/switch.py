"""Whether a process traces: the variables that OpenTelemetry has for it say so."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from importlib.metadata import version

from alur_common.telemetry.tracing import Tracer
from alur_sdk.errors import InvalidError

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def is_traced(environment: Mapping[str, str]) -> bool:
    """Whether traces are wanted: an endpoint or the exporter `otlp` is named, and nothing switches it off.

    Raises `InvalidError` for an exporter or a protocol that is not there.
    """
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    if exporter not in ("", "otlp"):
        raise InvalidError(f"OTEL_TRACES_EXPORTER is {exporter!r}: it may be `otlp` or `none`")
    for name in _PROTOCOLS:
        if environment.get(name, "grpc") not in ("", "grpc"):
            raise InvalidError(f"{name} may only be `grpc`: traces leave by OTLP over gRPC")
    return exporter == "otlp" or any(environment.get(name) for name in _ENDPOINTS)


def open_tracer(service: str, worker: str = "") -> Tracer | None:
    """Return the tracer of this process, or None when it traces nothing: then no SDK is loaded."""
    if not is_traced(os.environ):
        return None
    from alur_common.telemetry.otel import (  # noqa: PLC0415  # what costs nothing while it is off
        OtelRecorder,
        resource_of,
        sampler_of,
    )

    said = {
        "service.name": f"alur-{service}",
        "service.namespace": "alur",
        "service.version": version("alur-common"),
        "service.instance.id": worker or f"{service}-{socket.gethostname()}-{os.getpid()}",
    }
    return Tracer(sampler_of(), OtelRecorder(resource_of(said)), f"alur.{service}")
