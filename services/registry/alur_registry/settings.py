"""What can be set of the registry, from `ALUR_*` variables."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from alur_common.settings import Settings as CommonSettings


class Settings(CommonSettings):
    """Settings of the registry; the keys given by the environment win over those in the data folder."""

    data: Path = Field(default=Path("data"), description="The data folder; keys are in `keys/`.")
    public_url: str = Field(
        default="http://127.0.0.1:8080", description="Under which webhooks are reached."
    )
    master_key: SecretStr | None = Field(
        default=None, description="Master keys in base64, joined by commas, the one in use first."
    )
    vault_url: str = Field(
        default="",
        description="HashiCorp Vault, which wraps the keys of secrets then; empty: the master key does.",
    )
    vault_key: str = Field(
        default="transit/alur", description="Mount and name of the key in Vault's transit engine."
    )
    vault_token: SecretStr | None = Field(default=None, description="The token for Vault.")
    vault_token_file: Path | None = Field(
        default=None, description="A file with that token, read at each use: another renews it."
    )
    session_key: SecretStr | None = Field(
        default=None, description="The key that signs sessions, 32 bytes in base64."
    )
    sweep_seconds: float = Field(
        default=600.0, gt=0, description="How often what is over is removed."
    )
    fresh_seconds: float = Field(
        default=2.0, gt=0, le=60, description="How old an answer may be where the store is shared."
    )

    @property
    def needs_broker(self) -> frozenset[str]:
        """The types of triggers and nodes for which this installation has no broker."""
        deaf = frozenset() if self.is_distributed else frozenset({"trigger.event"})
        return deaf if self.kafka else deaf | {"trigger.kafka", "kafka.produce"}
