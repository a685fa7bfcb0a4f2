"""How services find and trust each other, from `ALUR_CALLS_*` in the environment."""

from __future__ import annotations

from pathlib import Path

import grpc
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from alur_common.settings import Environment

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Workflow documents and replies travel whole."""
MAX_METADATA_BYTES = 256 * 1024
KEEPALIVE_MS = 30_000


class CallSettings(Environment):
    """Credentials of calls between services. Outside `alur dev`, give a token or certificates."""

    model_config = SettingsConfigDict(env_prefix="ALUR_CALLS_", frozen=True, extra="ignore")

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

    def server_credentials(self) -> grpc.ServerCredentials | None:
        """Return credentials that demand a certificate of every caller, or None: no TLS."""
        if self.certificate is None or self.key is None or self.authority is None:
            return None
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        return grpc.ssl_server_credentials(
            [pair], root_certificates=self.authority.read_bytes(), require_client_auth=True
        )

    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """Return credentials that show our certificate and demand the other's, or None: no TLS."""
        if self.certificate is None or self.key is None or self.authority is None:
            return None
        return grpc.ssl_channel_credentials(
            root_certificates=self.authority.read_bytes(),
            private_key=self.key.read_bytes(),
            certificate_chain=self.certificate.read_bytes(),
        )


LIMITS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
)
