"""What every service that runs by itself stands on: what all processes share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur_common.blobs import Blobs
from alur_common.clock import Clock, Ids
from alur_common.dependencies import Dependencies
from alur_common.documents.port import Collection, Documents
from alur_common.executions.outbox import Outbox
from alur_common.process import Process
from alur_common.settings import Settings

if TYPE_CHECKING:
    from alur_common.kafka.bus import KafkaBus


@dataclass(frozen=True, slots=True)
class Ground:
    """The store, the bus, time and ids. `worker` names this process among all."""

    documents: Documents
    blobs: Blobs
    bus: KafkaBus
    outbox: Outbox
    clock: Clock
    ids: Ids
    worker: str
    dependencies: Dependencies


def ground(
    service: str, process: Process, settings: Settings, collections: Sequence[Collection]
) -> AbstractAsyncContextManager[Ground]:
    """Open what the settings name, for the length of the block: see `ground_shared.shared`."""
    from alur_common.ground_shared import shared  # noqa: PLC0415  # drivers that one machine does not need

    return shared(service, process, settings, collections)
