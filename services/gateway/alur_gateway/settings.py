"""Settings of the gateway, from `ALUR_*` in the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an installation may choose. Rate limits are written as `limits` reads them: `100/second`."""

    model_config = SettingsConfigDict(env_prefix="ALUR_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    """How callers reach the gateway; empty: `http://host:port`."""
    gateway_name: str = "gateway"
    """Of this process; replies of executions come back to it."""
    editor_dir: Path | None = None
    """The built editor."""
    cors_origins: list[str] = []
    trusted_proxies: list[str] = []
    """Networks whose `X-Forwarded-For` is believed."""
    rate_per_address: str = ""
    rate_per_token: str = ""
    rate_per_hook: str = ""
    max_document_bytes: int = 10 * 1024 * 1024
    body_seconds: float = 20.0
    """How long a body may take to arrive."""
    reply_seconds: float = 30.0
    """How long a webhook's caller waits for a result before it gets the id instead."""
    drain_seconds: float = 20.0
    """How long running requests may take at the end."""

    @property
    def has_rates(self) -> bool:
        """Some limit is set."""
        return bool(self.rate_per_address or self.rate_per_token or self.rate_per_hook)

    @property
    def is_secure(self) -> bool:
        """Callers come by HTTPS, so cookies are for HTTPS alone."""
        return self.public_url.startswith("https://")
