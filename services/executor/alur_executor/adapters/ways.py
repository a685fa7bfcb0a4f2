"""The ways out of node runs: what a node may reach is its project's, and each decision is told with the node's name."""

from __future__ import annotations

from collections.abc import Mapping

from alur_common.outbound import Asker, Guard, Guards, asking
from alur_executor.adapters.http_client import HttpClient
from alur_executor.adapters.kafka_client import KafkaClient
from alur_sdk.items import Json
from alur_sdk.nodes import Http, HttpRequest, HttpResponse, Kafka, KafkaRecord, Secret


class GuardedWays:
    """`Ways` with connections of its own for each allow list: one that is open already is not checked again."""

    def __init__(self, servers: str, guards: Guards) -> None:
        self._servers = servers
        self._guards = guards
        self._http: dict[Guard, HttpClient] = {}
        self._turns_away = False
        self._kafka: dict[Guard, KafkaClient] = {}

    def http(self, asker: Asker) -> Http:
        """Return the way out by HTTP of this node."""
        guard = self._guards.of(asker.tenant, asker.project)
        client = self._http.get(guard)
        if client is None:
            client = self._http[guard] = HttpClient(guard)
            if self._turns_away:
                client.turn_away()
        return _AskedHttp(client, asker)

    def kafka(self, asker: Asker) -> Kafka:
        """Return the way out to Kafka of this node."""
        guard = self._guards.of(asker.tenant, asker.project)
        client = self._kafka.get(guard)
        if client is None:
            client = self._kafka[guard] = KafkaClient(self._servers, guard)
        return _AskedKafka(client, asker)

    def turn_away(self) -> None:
        """Begin no request any more that has to wait for its turn; those under way end."""
        self._turns_away = True
        for client in self._http.values():
            client.turn_away()

    async def close(self) -> None:
        """Close all connections; what is sent later opens new ones."""
        for http in self._http.values():
            await http.close()
        for kafka in self._kafka.values():
            await kafka.close()


class _AskedHttp:
    def __init__(self, client: HttpClient, asker: Asker) -> None:
        self._client = client
        self._asker = asker

    async def send(self, request: HttpRequest) -> HttpResponse:
        with asking(self._asker):
            return await self._client.send(request)


class _AskedKafka:
    def __init__(self, client: KafkaClient, asker: Asker) -> None:
        self._client = client
        self._asker = asker

    async def send(self, record: KafkaRecord, secret: Secret | None) -> Mapping[str, Json]:
        with asking(self._asker):
            return await self._client.send(record, secret)
