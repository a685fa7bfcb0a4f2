"""What the gateway is built on."""

from __future__ import annotations

from dataclasses import dataclass

from alur_common.blobs import Blobs
from alur_common.bus import Bus
from alur_common.clock import Clock, Ids
from alur_common.executions import Executions, Inbox, Journals, Outbox
from alur_common.progress import Watchable
from alur_common.replies import LocalReplies
from alur_common.security.events import Notes
from alur_gateway.ports import History, Previews, Registry
from alur_gateway.service.backlog import Starter


@dataclass(frozen=True, slots=True)
class Needs:
    """The parts that other services and libraries give."""

    registry: Registry
    starts: Starter
    executions: Executions
    journals: Journals
    inbox: Inbox
    blobs: Blobs
    bus: Bus
    outbox: Outbox
    replies: LocalReplies
    progress: Watchable
    history: History
    clock: Clock
    ids: Ids
    previews: Previews
    security: Notes
