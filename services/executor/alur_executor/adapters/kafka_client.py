"""The one way out to Kafka: producers are kept by the brokers that they write to, and closed when idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur_common.outbound.guard import Guard
from alur_sdk.items import Json
from alur_sdk.nodes import KafkaRecord, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alur_executor.adapters.kafka_producers import Producers


class KafkaClient:
    """`Kafka` for nodes. `servers` are the installation's own; what credentials name goes through the guard."""

    def __init__(self, servers: str, guard: Guard) -> None:
        self._servers = servers
        self._guard = guard
        self._producers: Producers | None = None

    async def send(self, record: KafkaRecord, secret: Secret | None) -> Mapping[str, Json]:
        """Write it, as the port says."""
        if self._producers is None:
            # The driver costs time and memory, and few executors write to Kafka.
            from alur_common.kafka.reaching import Reach  # noqa: PLC0415  # as above
            from alur_executor.adapters.kafka_producers import Producers  # noqa: PLC0415  # as above

            self._producers = Producers(Reach(self._servers, self._guard))
        return await self._producers.send(record, secret)

    async def close(self) -> None:
        """Close all connections; a record that is written later opens new ones."""
        producers, self._producers = self._producers, None
        if producers is not None:
            await producers.close()
