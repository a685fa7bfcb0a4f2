"""Settings from the environment."""

from __future__ import annotations

import pytest

from alur_common.calls.settings import CallSettings
from alur_common.kafka.settings import KafkaSettings
from alur_common.settings import Environment, Settings
from alur_gateway.settings import Settings as GatewaySettings
from alur_sdk.errors import InvalidError


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_METRICS_PORT", "0")
    assert Settings.load().metrics_port == 0


def test_what_is_given_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_METRICS_PORT", "1")
    monkeypatch.setenv("ALUR_LOG_LEVEL", "debug")
    settings = Settings.load(metrics_port=2)
    assert (settings.metrics_port, settings.log_level) == (2, "debug")


def test_every_wrong_variable_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_METRICS_PORT", "s3cret")
    monkeypatch.setenv("ALUR_LOG_LEVEL", "loud")
    with pytest.raises(InvalidError) as refused:
        Settings.load()
    paths = {problem.path for problem in refused.value.problems}
    assert paths == {"ALUR_METRICS_PORT", "ALUR_LOG_LEVEL"}
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "settings"),
    [
        ("ALUR_CALLS_PORT", "many", CallSettings),
        ("ALUR_OUTBOUND_ALLOW", "localhost", Settings),
        ("ALUR_OUTBOUND_PROJECTS", "shop=localhost", Settings),
        ("ALUR_TRUSTED_PROXIES", "proxy", GatewaySettings),
        ("ALUR_KAFKA_REPLICATION", "some", KafkaSettings),
    ],
)
def test_a_wrong_variable_is_named_whoever_reads_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, settings: type[Environment]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidError, match=f"^{variable}: (?!Value error)"):
        settings()
