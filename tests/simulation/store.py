"""The store and the blobs as a process reaches them, and what must hold of every write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alur_common.blobs_memory import MemoryBlobs
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Collection, Document, Where
from alur_sdk.errors import StorageError
from tests.simulation.network import Network
from tests.simulation.process import Process

ENDED = frozenset({"succeeded", "failed", "cancelled"})


class WatchedDocuments(MemoryDocuments):
    """The truth. It notes each write after which a promise does not hold any more."""

    broken: list[str]

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        before = None
        if collection.name == "executions":
            before = await self.find_one(collection, document["id"])
        stored = await super().replace(collection, document, at_revision=at_revision, where=where)
        if before is not None:
            self._compare(before, stored)
        return stored

    def _compare(self, before: Document, after: Document) -> None:
        if before["status"] in ENDED:
            self.broken.append(f"{after['id']} ended {before['status']} and was written again")
        if after.get("epoch", 0) < before.get("epoch", 0):
            self.broken.append(f"{after['id']} went back from epoch {before['epoch']}")


class RemoteDocuments:
    """`Documents` over the network. Writes may be refused for the moment."""

    def __init__(self, truth: WatchedDocuments, process: Process, network: Network) -> None:
        self._truth = truth
        self._process = process
        self._network = network

    async def _write(self, name: str, *given: Any, **named: Any) -> Any:
        network = self._network
        if network.random.random() < network.faults.refused:
            raise StorageError("the disk is full for the moment")
        return await self._read(name, *given, **named)

    async def _read(self, name: str, *given: Any, **named: Any) -> Any:
        method = getattr(self._truth, name)
        return await self._network.ask(self._process, lambda: method(*given, **named))

    async def insert(self, *given: Any, **named: Any) -> Any:
        return await self._write("insert", *given, **named)

    async def replace(self, *given: Any, **named: Any) -> Any:
        return await self._write("replace", *given, **named)

    async def delete(self, *given: Any, **named: Any) -> Any:
        return await self._write("delete", *given, **named)

    async def delete_many(self, *given: Any, **named: Any) -> Any:
        return await self._write("delete_many", *given, **named)

    async def get(self, *given: Any, **named: Any) -> Any:
        return await self._read("get", *given, **named)

    async def find_one(self, *given: Any, **named: Any) -> Any:
        return await self._read("find_one", *given, **named)

    async def find(self, *given: Any, **named: Any) -> Any:
        return await self._read("find", *given, **named)

    async def count(self, *given: Any, **named: Any) -> Any:
        return await self._read("count", *given, **named)


class RemoteBlobs:
    """`Blobs` over the network."""

    def __init__(self, truth: MemoryBlobs, process: Process, network: Network) -> None:
        self._truth = truth
        self._process = process
        self._network = network

    async def put(self, content: bytes) -> str:
        return await self._network.ask(self._process, lambda: self._truth.put(content))

    async def get(self, sha256: str) -> bytes:
        return await self._network.ask(self._process, lambda: self._truth.get(sha256))

    async def delete(self, sha256: str) -> None:
        await self._network.ask(self._process, lambda: self._truth.delete(sha256))
