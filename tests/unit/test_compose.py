"""`compose.yaml` follows the Compose specification, and names only what it declares and Alur knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from alur_common.settings import Settings

COMPOSE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "compose.yaml").read_text(encoding="utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TOP = {"name", "services", "volumes"}
OF_A_SERVICE = {
    *("image", "entrypoint", "command", "hostname", "environment", "ports", "volumes"),
    *("depends_on", "healthcheck", "stop_grace_period"),
}
OF_A_HEALTHCHECK = {"test", "interval", "timeout", "start_period", "retries"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
IMAGE = re.compile(r"(\$\{[A-Z_]+:-)?[a-z0-9._/-]+:[\w.-]+\}?")
DURATION = re.compile(r"(\d+(us|ms|s|m|h))+")
PORT = re.compile(r"(127\.0\.0\.1:)?(\$\{[A-Z_]+:-\d+\}|\d+):\d+")
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_the_file_holds_what_the_specification_knows() -> None:
    assert set(COMPOSE) <= TOP
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", COMPOSE["name"])
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in SERVICES)


@each_service
def test_a_service_holds_what_the_specification_knows(service: dict[str, Any]) -> None:
    assert set(service) <= OF_A_SERVICE
    assert IMAGE.fullmatch(service["image"])
    said = [*service.get("entrypoint", []), *service.get("command", [])]
    assert all(isinstance(part, str) for part in said)
    assert all(PORT.fullmatch(port) for port in service.get("ports", []))
    assert DURATION.fullmatch(service.get("stop_grace_period", "10s"))


@each_service
def test_a_variable_is_text_or_passed_on(service: dict[str, Any]) -> None:
    for name, value in service.get("environment", {}).items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name)
        assert value is None or isinstance(value, str), f"{name} needs quotes"


@each_service
def test_a_service_says_how_it_is(service: dict[str, Any]) -> None:
    check = service["healthcheck"]
    assert set(check) == OF_A_HEALTHCHECK
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert all(isinstance(part, str) for part in check["test"])
    assert isinstance(check["retries"], int)
    assert all(DURATION.fullmatch(check[name]) for name in ("interval", "timeout", "start_period"))


@each_service
def test_a_service_waits_for_services_that_there_are(service: dict[str, Any]) -> None:
    for name, wanted in service.get("depends_on", {}).items():
        assert wanted["condition"] in CONDITIONS
        assert wanted["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]


def test_every_volume_is_declared_and_used() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert {mount.split(":")[0] for mount in mounts} == set(COMPOSE["volumes"])
    assert all(mount.split(":")[1].startswith("/") for mount in mounts)


def test_alur_is_told_of_its_servers_by_settings_that_it_has() -> None:
    told = {name for name in SERVICES["alur"]["environment"] if name.startswith("ALUR_")}
    assert told == {"ALUR_KAFKA", "ALUR_MONGO", "ALUR_BLOBS"}
    assert {name.removeprefix("ALUR_").lower() for name in told} <= set(Settings.model_fields)
    assert set(SERVICES["alur"]["depends_on"]) == {"kafka", "mongo"}


def test_mongo_is_the_replica_set_that_alur_asks_for() -> None:
    command = SERVICES["mongo"]["command"]
    name = command[command.index("--replSet") + 1]
    assert SERVICES["alur"]["environment"]["ALUR_MONGO"].endswith(f"replicaSet={name}")
    assert f'_id: "{name}"' in SERVICES["mongo"]["healthcheck"]["test"][-1]
