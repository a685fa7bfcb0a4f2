"""How a scheduler reads topics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from alur_common.outbound import Asker, Guard, asking
from alur_common.security.records import UnsealedCredential
from alur_scheduler.domain.records import Begun, Left, Reading
from alur_scheduler.ports import Reader

GuardOf = Callable[[str, str], Guard]
"""Tenant and project -> the guard of its triggers."""


class KafkaReaders:
    """Reads the broker of the installation, or those of credentials.

    `worker` is a name of this process that is the same after a restart, where there is one: who comes back under it
    goes on with its partitions at once. With `leaves` nobody does: what it reads no more is others' at once.
    """

    def __init__(
        self, servers: str, guard_of: GuardOf, worker: str, *, leaves: bool = False
    ) -> None:
        self._servers = servers
        self._guard_of = guard_of
        self._worker = worker
        self._leaves = leaves

    @asynccontextmanager
    async def open(
        self,
        reading: Reading,
        secret: UnsealedCredential | None,
        left: Mapping[int, Left],
        begun: Begun,
    ) -> AsyncIterator[Reader]:
        from alur_common.kafka.reaching import Reach  # noqa: PLC0415  # drivers that few need
        from alur_scheduler.adapters.kafka_reader import opened  # noqa: PLC0415  # as above

        guard = self._guard_of(reading.tenant, reading.project)
        asker = Asker(reading.tenant, reading.project, reading.workflow, "", reading.trigger)
        with asking(asker):
            reach = Reach(self._servers, guard)
            member = opened(
                reach, reading, secret, self._worker, left=left, begun=begun, leaves=self._leaves
            )
            async with member as reader:
                yield reader
