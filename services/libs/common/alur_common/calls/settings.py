"""How services find and trust each other, from `ALUR_CALLS_*` in the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from alur_common.calls.tls import Identity, identity_of
from alur_common.settings import Environment
from alur_sdk.errors import InvalidError

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Workflow documents and replies travel whole."""
MAX_METADATA_BYTES = 256 * 1024
KEEPALIVE_MS = 30_000
PREFIX = "ALUR_CALLS_"


class CallSettings(Environment):
    """Credentials of calls between services. Outside `alur dev`, give a token or certificates."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="The address to listen at.")
    port: int = Field(default=0, ge=0, le=65535, description="The port; 0 takes a free one.")
    address: str = Field(
        default="", description="Under which other processes reach this one; else host and port."
    )
    token: SecretStr | None = Field(default=None, description="What every caller must show.")
    certificate: Path | None = Field(default=None, description="This process's certificate, PEM.")
    key: Path | None = Field(default=None, description="Its private key, PEM.")
    authority: Path | None = Field(
        default=None, description="Who signs the certificates of the others, PEM."
    )

    def reached_at(self, bound: int) -> str:
        """Return where others reach this process, which listens on the port `bound`."""
        return self.address or f"{self.host}:{bound}"

    @property
    def bearer(self) -> str | None:
        """The value of `authorization`, or None."""
        return None if self.token is None else f"Bearer {self.token.get_secret_value()}"

    @property
    def identity(self) -> Identity | None:
        """The certificate of this process, or None: no TLS. Raises `InvalidError` for half of one."""
        found = identity_of(PREFIX, self.certificate, self.key, self.authority)
        if found is not None and found.authority is None:
            raise InvalidError(
                f"{PREFIX}AUTHORITY is missing: calls between services have mutual TLS, or none"
            )
        return found


LIMITS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
)
