"""Settings that every service has, read from `ALUR_*` in the environment."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from alur_sdk.errors import InvalidError, Problem

PREFIX = "ALUR_"


class Settings(BaseSettings):
    """What any process of Alur may be told; a service adds its own in a subclass."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important log lines that are written."
    )
    mongo: SecretStr | None = Field(
        default=None, description="The URL of MongoDB: services on many machines share it."
    )
    kafka: str = Field(
        default="", description="Kafka's bootstrap servers: services on many machines need it."
    )
    blobs: str = Field(
        default="",
        description="Where large content is: `s3://bucket/prefix`, or a folder that all reach.",
    )
    registry: str = Field(
        default="127.0.0.1:50060", description="Where the registry answers calls of services."
    )
    worker: str = Field(
        default="", description="A name of this process that is the same after a restart."
    )
    metrics_host: str = Field(default="127.0.0.1", description="Where `/metrics` is served.")
    metrics_port: int = Field(
        default=9464, ge=0, le=65535, description="The port of `/metrics`; 0 takes a free one."
    )

    @property
    def is_distributed(self) -> bool:
        """The services are processes of their own, which share MongoDB and Kafka."""
        return self.mongo is not None

    @classmethod
    def load(cls, **given: object) -> Self:
        """Return the settings of the environment; what is given by name wins.

        Raises `InvalidError` that names each variable that is wrong, without its value: it may be a secret.
        """
        try:
            return cls.model_validate(given) if given else cls()
        except ValidationError as error:
            problems = [
                Problem(_variable(fault["loc"]), "invalid", fault["msg"])
                for fault in error.errors(include_input=False, include_url=False)
            ]
            text = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
            raise InvalidError(text, problems) from None


def _variable(place: tuple[int | str, ...]) -> str:
    name, *rest = place
    return ".".join([f"{PREFIX}{name}".upper(), *map(str, rest)])
