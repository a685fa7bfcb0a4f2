"""How a scheduler reads topics."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from alur_common.outbound.guard import Guard
from alur_common.security.records import UnsealedCredential
from alur_scheduler.domain.records import Reading
from alur_scheduler.ports import Reader


class KafkaReaders:
    """Reads the broker of the installation, or those of credentials.

    `worker` is a name of this process that is the same after a restart, where there is one: who comes back under it
    goes on with its partitions at once.
    """

    def __init__(self, servers: str, guard: Guard, worker: str) -> None:
        self._servers = servers
        self._guard = guard
        self._worker = worker

    def open(
        self, reading: Reading, secret: UnsealedCredential | None
    ) -> AbstractAsyncContextManager[Reader]:
        from alur_common.kafka.reaching import Reach  # noqa: PLC0415  # drivers that few need
        from alur_scheduler.adapters.kafka_reader import opened  # noqa: PLC0415  # as above

        return opened(Reach(self._servers, self._guard), reading, secret, self._worker)
