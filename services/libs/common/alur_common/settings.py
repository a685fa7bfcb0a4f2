"""Settings from `ALUR_*` in the environment: how they are read, and those that every service has."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.lists import AllowLists
from alur_common.pools import PoolProjects
from alur_sdk.errors import InvalidError, Problem

PREFIX = "ALUR_"


class Environment(BaseSettings):
    """What is read from the environment; what is given by name wins.

    Raises `InvalidError` that names each variable that is wrong, without its value: it may be a secret.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            problems = [
                Problem(self._variable(fault["loc"]), "invalid", _said(fault["msg"]))
                for fault in error.errors(include_input=False, include_url=False)
            ]
            text = "; ".join(f"{p.path}: {p.message}" if p.path else p.message for p in problems)
            raise InvalidError(text, problems) from None

    @classmethod
    def _variable(cls, place: tuple[int | str, ...]) -> str:
        """Return the variable at fault; empty when several do not go together."""
        if not place:
            return ""
        name, *rest = map(str, place)
        # A field with a name of its own is told by that.
        whole = name if name.startswith(PREFIX) else f"{cls.model_config['env_prefix']}{name}"
        return ".".join([whole.upper(), *rest])


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


class Settings(Environment):
    """What any process of Alur may be told; a service adds its own in a subclass."""

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
        default="",
        description="A name of this process that is the same after a restart. No two that live may have the same.",
    )
    worker_returns: bool = Field(
        default=True,
        description="Whether a process that is told to stop comes back under that name within seconds. Where it does not, "
        "as a pod of a Deployment, others take up its part of Kafka's topics at once. "
        "A process without a name never comes back.",
    )
    outbound_allow: str = Field(
        default="",
        description="Networks that nodes may reach beside the public internet, comma-separated: "
        "`10.0.0.0/8`, `192.168.7.4:5432` for one port, `[fd00::/8]:5432`.",
    )
    outbound_projects: str = Field(
        default="",
        description="The same for nodes of some projects alone, on top: `shop=10.0.0.0/8 10.1.2.3:5432, "
        "acme/billing=10.8.0.0/16, acme/*=10.9.0.0/16`; `acme` is a tenant, `acme/*` all of its projects.",
    )
    code_max_seconds: float = Field(
        default=60.0, gt=0, description="The longest time that a code node may ask for, and get."
    )
    code_max_memory_mib: int = Field(
        default=512, ge=16, description="The most memory that a code node may ask for, and get."
    )
    code_tenant_seconds: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default={},
        description='The same of single tenants, in the place of `ALUR_CODE_MAX_SECONDS`, as JSON: `{"acme": 300}`.',
    )
    code_tenant_memory_mib: dict[str, Annotated[int, Field(ge=16)]] = Field(
        default={},
        description='The same of single tenants, in the place of `ALUR_CODE_MAX_MEMORY_MIB`, as JSON: `{"acme": 1024}`.',
    )
    pool_projects: str = Field(
        default="",
        description="Pools that are kept for some projects, comma-separated: `gpu=vision ml, browser=shop`. "
        "Other projects may not name them; a pool that is not listed is for all.",
    )
    metrics_host: str = Field(default="127.0.0.1", description="Where `/metrics` is served.")
    metrics_port: int = Field(
        default=9464,
        ge=0,
        le=65535,
        description="The port of `/metrics`, and of `/livez`: whether the process works; 0 takes a free one.",
    )

    @field_validator("outbound_allow")
    @classmethod
    def _allows_networks(cls, text: str) -> str:
        AllowedNetworks.parse(text)
        return text

    @field_validator("outbound_projects")
    @classmethod
    def _allows_projects(cls, text: str) -> str:
        AllowLists.parse("", text)
        return text

    @field_validator("pool_projects")
    @classmethod
    def _keeps_pools(cls, text: str) -> str:
        PoolProjects.parse(text)
        return text

    @property
    def allow_lists(self) -> AllowLists:
        """What nodes may reach beside the public internet."""
        return AllowLists.parse(self.outbound_allow, self.outbound_projects)

    @property
    def leaves_for_good(self) -> bool:
        """Nobody comes back under this process's name once it was told to stop."""
        return not (self.worker and self.worker_returns)

    @property
    def is_distributed(self) -> bool:
        """The services are processes of their own, which share MongoDB and Kafka."""
        return self.mongo is not None

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Return the settings of the environment; what is given by name wins."""
        return cls(**given)
