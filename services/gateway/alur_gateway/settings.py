"""Settings of the gateway, from `ALUR_*` in the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from alur_common.calls.tls import Identity, identity_of
from alur_common.settings import Settings as CommonSettings
from alur_gateway.domain.limits import networks_of


class Settings(CommonSettings):
    """What an installation may choose. Rate limits are written as `100/second` or `5000/hour`."""

    data: Path = Field(default=Path("data"), description="The data folder, when it runs alone.")
    host: str = Field(default="127.0.0.1", description="The address to listen at.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port; 0 takes a free one.")
    grpc_port: int = Field(default=50051, ge=0, le=65535, description="gRPC; 0: a free one.")
    grpc_certificate: Path | None = Field(
        default=None, description="The certificate of the gRPC port, PEM; without it: plain text."
    )
    grpc_key: Path | None = Field(default=None, description="Its private key, PEM.")
    grpc_authority: Path | None = Field(
        default=None,
        description="Who signs the certificates that callers of gRPC then have to show, PEM.",
    )
    public_url: str = Field(
        default="",
        description="Under which callers reach the gateway, such as https://alur.example.",
    )
    gateway_name: str = Field(
        default="gateway", description="Of this process; replies of executions come back to it."
    )
    editor_dir: Path | None = Field(default=None, description="The built editor.")
    cors_origins: str = Field(
        default="", description="Origins whose pages may call the API, comma-separated."
    )
    trusted_proxies: str = Field(
        default="", description="Networks whose X-Forwarded-For is believed, comma-separated."
    )
    rate_per_address: str = Field(
        default="",
        description="Requests of one address, such as `100/second` or `5000/hour`; empty: all.",
    )
    rate_per_token: str = Field(
        default="", description="Requests with one token, alike; empty: all."
    )
    rate_per_hook: str = Field(default="", description="Calls of one webhook, alike; empty: all.")
    max_document_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1024, description="The largest body that REST reads."
    )
    body_seconds: float = Field(
        default=20.0, gt=0, description="How long a body may take to arrive."
    )
    backlog_seconds: float = Field(
        default=30.0,
        gt=0,
        description="A tenant whose executions wait longer for an executor is told to come later (429).",
    )
    reply_seconds: float = Field(
        default=30.0, gt=0, description="How long a webhook waits for a result before it is 202."
    )
    drain_seconds: float = Field(
        default=20.0, ge=0, description="How long running requests may take at the end."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        networks_of(listed(text))
        return text

    @property
    def grpc_identity(self) -> Identity | None:
        """The certificate of the gRPC port, or None: plain text. Raises `InvalidError` for half of one."""
        return identity_of("ALUR_GRPC_", self.grpc_certificate, self.grpc_key, self.grpc_authority)

    @property
    def has_rates(self) -> bool:
        """Some limit is set."""
        return bool(self.rate_per_address or self.rate_per_token or self.rate_per_hook)

    @property
    def is_secure(self) -> bool:
        """Callers come by HTTPS, so cookies are for HTTPS alone."""
        return self.public_url.startswith("https://")


def listed(text: str) -> list[str]:
    """Return the parts of a comma-separated setting."""
    return [part.strip() for part in text.split(",") if part.strip()]
