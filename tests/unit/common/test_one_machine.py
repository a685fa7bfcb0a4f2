"""One machine needs no driver of a server, and what is switched off is not loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

DRIVERS = {"pymongo", "bson", "obstore", "aiokafka", "faststream"}
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
TRACE = "import alur.dev.platform, alur_common.telemetry as t; t.open_tracer('x')"


def loaded(program: str, modules: set[str], **environment: str) -> list[str]:
    """Return which of these modules a program has loaded when it ends."""
    told = f"{program}\nimport sys; print(*sorted({modules!r} & set(sys.modules)))"
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", told],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return done.stdout.split()


def test_one_machine_loads_no_driver_of_a_server() -> None:
    assert loaded("import alur.dev.platform", DRIVERS) == []


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {**ENDPOINT, "OTEL_SDK_DISABLED": "true"},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"},
    ],
    ids=["not asked for", "disabled", "no exporter"],
)
def test_who_traces_nothing_loads_nothing_for_it(environment: dict[str, str]) -> None:
    assert loaded(TRACE, {"opentelemetry"}, **environment) == []


def test_drivers_of_servers_load_no_sdk() -> None:
    sdk = {"opentelemetry.sdk", "opentelemetry.exporter"}
    assert loaded("import alur_common.ground_shared", sdk) == []


def test_who_traces_loads_the_sdk() -> None:
    assert loaded(TRACE, {"opentelemetry.sdk"}, **ENDPOINT) == ["opentelemetry.sdk"]
