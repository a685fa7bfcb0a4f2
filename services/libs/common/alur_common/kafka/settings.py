"""How Kafka is reached: servers, encryption, and who asks."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from alur_common.settings import Environment
from alur_sdk.errors import InvalidError

PREFIX = "ALUR_KAFKA"


class KafkaSettings(Environment):
    """`ALUR_KAFKA` holds the servers, `ALUR_KAFKA_*` the rest. Secrets are never shown."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}_", frozen=True, extra="ignore", populate_by_name=True
    )

    servers: str = Field(
        default="", validation_alias=PREFIX, description="Bootstrap servers: `host:port,…`."
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="Whether it is encrypted, and whether one signs in."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="How one signs in."
    )
    user: str = Field(default="", description="Who signs in.")
    password: SecretStr = Field(default=SecretStr(""), description="The user's password.")
    ca_file: Path | None = Field(
        default=None, description="Whose certificates are trusted, PEM; else the system's."
    )
    certificate_file: Path | None = Field(
        default=None, description="Our own certificate, PEM, for mutual TLS."
    )
    key_file: Path | None = Field(default=None, description="The key of our certificate, PEM.")
    replication: int = Field(
        default=0,
        ge=0,
        description="Copies of a topic that is made; 0: three, or as many as there are brokers.",
    )

    partitions: int = Field(
        default=12,
        ge=1,
        le=1_000,
        description=(
            "Partitions of a topic of events that is made: at most so many executors take executions. "
            "Fixed from then on, for another number would break the order of keys."
        ),
    )

    @model_validator(mode="after")
    def _signs_in_as_somebody(self) -> Self:
        if self.signs_in and not (self.user and self.password.get_secret_value()):
            raise ValueError(f"{self.security_protocol} needs {PREFIX}_USER and {PREFIX}_PASSWORD")
        return self

    @property
    def signs_in(self) -> bool:
        """There is a user and a password."""
        return self.security_protocol.startswith("SASL")

    @property
    def is_encrypted(self) -> bool:
        """The connection is TLS."""
        return self.security_protocol.endswith("SSL")

    @classmethod
    def load(cls, servers: str = "") -> Self:
        """Return the settings of the environment; `servers` wins.

        Raises `InvalidError` that names what is wrong, or that there are no servers.
        """
        settings = cls(servers=servers) if servers else cls()
        if not settings.servers:
            raise InvalidError(f"{PREFIX} names no servers, such as kafka-1:9092,kafka-2:9092")
        return settings

    def options(self) -> dict[str, Any]:
        """Return the settings of a client of aiokafka. Raises `InvalidError` for files that cannot be read."""
        found: dict[str, Any] = {
            "bootstrap_servers": self.servers.split(","),
            "security_protocol": self.security_protocol,
            "ssl_context": self.tls() if self.is_encrypted else None,
        }
        if self.signs_in:
            found["sasl_mechanism"] = self.sasl_mechanism
            found["sasl_plain_username"] = self.user
            found["sasl_plain_password"] = self.password.get_secret_value()
        return found

    def tls(self) -> ssl.SSLContext:
        """Return whom we trust, and who we are."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.certificate_file is not None:
                context.load_cert_chain(self.certificate_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            raise InvalidError(f"{PREFIX}_*_FILE: {error}") from error
        return context


def settings_of(servers: KafkaSettings | str) -> KafkaSettings:
    """Return settings as they are, or those of the environment for these servers."""
    return KafkaSettings.load(servers) if isinstance(servers, str) else servers
