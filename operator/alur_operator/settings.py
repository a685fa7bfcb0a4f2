"""Settings of the operator."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr

from alur_common.settings import Settings as CommonSettings
from alur_sdk.errors import InvalidError, Problem

EVERYWHERE = "*"


class Settings(CommonSettings):
    """What an operator may be told, by `ALUR_*`."""

    server: str = Field(default="http://127.0.0.1:8080", description="Where Alur's REST API is.")
    token: SecretStr | None = Field(
        default=None, description="A token with the scope `workflows:manage` among others."
    )
    token_file: Path | None = Field(
        default=None, description="The file that holds the token; read again for every request."
    )
    namespaces: str = Field(
        default="", description="Which namespaces are watched: names joined by commas, `*` for all."
    )
    lease_namespace: str = Field(
        default="", description="Where the Lease of the active operator is; its own if empty."
    )
    lease_seconds: float = Field(
        default=15.0,
        ge=1,
        description="After so long another operator takes the place of a dead one.",
    )
    resync_seconds: float = Field(
        default=30.0, gt=0, description="How often what Alur has is compared with what was applied."
    )
    cleanup_seconds: float = Field(
        default=300.0,
        ge=0,
        description="After so long an object goes even if Alur cannot be reached.",
    )
    health_port: int = Field(
        default=8081,
        ge=0,
        le=65535,
        description="The port of `/livez` (it answers) and `/healthz` (it works, and its watches tell).",
    )
    health_host: str = Field(default="127.0.0.1", description="Where these two are served.")
    webhook_name: str = Field(
        default="",
        description="The name by which the API server reaches the admission webhook, such as "
        "`alur-operator.alur.svc`; no webhook is served if empty.",
    )
    webhook_port: int = Field(default=9443, ge=0, le=65535, description="The port of the webhook.")
    webhook_host: str = Field(default="127.0.0.1", description="Where the webhook is served.")
    webhook_certificate: Path | None = Field(
        default=None,
        description="The folder of its `tls.crt` and `tls.key`, read again when they change. Without one the "
        "operator makes a certificate itself.",
    )
    webhook_configuration: str = Field(
        default="alur-operator",
        description="The ValidatingWebhookConfiguration that is told of a certificate of our own.",
    )
    webhook_renew_seconds: float = Field(
        default=7 * 86_400.0,
        gt=0,
        description="How often a new certificate of our own is made; each is good for twice as long.",
    )
    workers: int = Field(default=50, ge=1, description="How many objects are handled at once.")

    @property
    def identity(self) -> str:
        """Return who we are to the Lease: the pod's name, or what `ALUR_WORKER` says."""
        return self.worker or os.environ.get("HOSTNAME") or f"operator-{os.getpid()}"

    def watched(self, own: str) -> tuple[str, ...]:
        """Return the watched namespaces, none for all; `own` is that of the operator."""
        if self.namespaces.strip() == EVERYWHERE:
            return ()
        return tuple(filter(None, map(str.strip, self.namespaces.split(",")))) or (own,)

    def bearer(self) -> str:
        """Return the token. Raises `InvalidError` when there is none, or its file cannot be read."""
        if self.token is not None:
            return self.token.get_secret_value()
        if self.token_file is None:
            text = "name the operator's token in ALUR_TOKEN_FILE or ALUR_TOKEN"
            raise InvalidError(text, [Problem("ALUR_TOKEN_FILE", "missing", text)])
        try:
            return self.token_file.read_text().strip()
        except OSError as error:
            text = f"ALUR_TOKEN_FILE: {self.token_file} cannot be read: {error.strerror}"
            raise InvalidError(text, [Problem("ALUR_TOKEN_FILE", "invalid", text)]) from error
