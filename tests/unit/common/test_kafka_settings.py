"""How Kafka is reached, as the environment says."""

from __future__ import annotations

import pytest

from alur_common.kafka.clients import security_of
from alur_common.kafka.settings import KafkaSettings
from alur_sdk.errors import InvalidError


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_KAFKA", "a:9092,b:9092")


def test_the_servers_are_those_of_the_environment_unless_given() -> None:
    assert KafkaSettings.load().options()["bootstrap_servers"] == ["a:9092", "b:9092"]
    assert KafkaSettings.load("c:1").servers == "c:1"


def test_one_signs_in_by_user_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("ALUR_KAFKA_USER", "alur")
    monkeypatch.setenv("ALUR_KAFKA_PASSWORD", "hidden")
    settings = KafkaSettings.load()
    options = settings.options()
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "alur")
    assert options["ssl_context"] is not None
    assert security_of(settings).use_ssl
    assert "hidden" not in repr(settings)


def test_signing_in_as_nobody_is_refused_without_showing_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALUR_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("ALUR_KAFKA_PASSWORD", "hidden")
    with pytest.raises(InvalidError, match="ALUR_KAFKA_USER") as refused:
        KafkaSettings.load()
    assert "hidden" not in refused.value.message


def test_no_servers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALUR_KAFKA")
    with pytest.raises(InvalidError, match="ALUR_KAFKA"):
        KafkaSettings.load()


def test_a_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_KAFKA_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv("ALUR_KAFKA_CA_FILE", "/nowhere/ca.pem")
    with pytest.raises(InvalidError, match="_FILE"):
        KafkaSettings.load().options()
