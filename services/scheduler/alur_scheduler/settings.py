"""Settings of the scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from alur_common.settings import Settings as CommonSettings


class Settings(CommonSettings):
    """What a scheduler may be told, by `ALUR_*`."""

    data: Path = Field(default=Path("data"), description="The data folder, when it runs alone.")
    events_trust: Literal["signature", "topic"] = Field(
        default="signature",
        description="`topic`: unsigned events from outside count too, where there is one tenant.",
    )
    partitions: int = Field(
        default=16,
        ge=1,
        le=256,
        description="Into how many parts schedulers divide the workflows between them; the same for all of them.",
    )
    retention_seconds: float = Field(
        default=10.0, gt=0, description="How often old executions are looked for."
    )
    contents_seconds: float = Field(
        default=600.0, gt=0, description="How often large content that nobody uses is looked for."
    )
