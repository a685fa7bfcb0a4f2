"""The store and the blobs as a process reaches them, and what must hold of every write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, cast

import orjson

from alur_common.blobs_memory import MemoryBlobs
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Collection, Document, Documents, Where
from alur_common.executions.repository import EXECUTIONS, JOURNAL
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

    def ids(self) -> set[str]:
        """Return the ids of all executions."""
        return set(self._kept(EXECUTIONS).documents)

    def demand(self, execution_id: str, *entry: str) -> None:
        """Note that something happens before this entry, of which the first fields are given, is durable."""
        wanted = orjson.dumps(entry)[:-1]
        journal = self._kept(JOURNAL).documents
        if not any(wanted in journal[key][0] for key in journal if key.startswith(execution_id)):
            self.broken.append(f"{execution_id} went on before {entry} was durable")

    def _compare(self, before: Document, after: Document) -> None:
        if before["status"] in ENDED:
            self.broken.append(f"{after['id']} ended {before['status']} and was written again")
        if after.get("epoch", 0) < before.get("epoch", 0):
            self.broken.append(f"{after['id']} went back from epoch {before['epoch']}")


Method = Callable[..., Coroutine[Any, Any, object]]
READS = frozenset({"get", "find_one", "find", "count"})
WRITES = frozenset({"insert", "replace", "delete", "delete_many"})


class RemoteDocuments:
    """`Documents` over the network. Writes may be refused for the moment, or done and not answered."""

    __slots__ = ("_network", "_process", "_truth")

    def __init__(self, truth: WatchedDocuments, process: Process, network: Network) -> None:
        self._truth = truth
        self._process = process
        self._network = network

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if name not in READS | WRITES:
            raise AttributeError(name)
        send = self._write if name in WRITES else self._send
        return partial(send, getattr(self._truth, name))

    def _send(self, method: Method, *given: object, **named: object) -> Coroutine[Any, Any, object]:
        return self._network.ask(self._process, partial(method, *given, **named))

    async def _write(self, method: Method, *given: object, **named: object) -> object:
        network = self._network
        if network.random.random() < network.faults.refused:
            network.fate.struck += 1
            raise StorageError("the disk is full for the moment")
        answer = await self._send(method, *given, **named)
        if network.random.random() < network.faults.unanswered:
            network.fate.struck += 1
            raise StorageError("the answer was lost")
        return answer


def remote_documents(truth: WatchedDocuments, process: Process, network: Network) -> Documents:
    """Return what a process has for a store."""
    return cast("Documents", RemoteDocuments(truth, process, network))


class RemoteBlobs:
    """`Blobs` over the network."""

    def __init__(self, truth: MemoryBlobs, process: Process, network: Network) -> None:
        self._truth = truth
        self._process = process
        self._network = network

    async def put(self, content: bytes) -> str:
        return await self._network.ask(self._process, lambda: self._truth.put(content))

    async def put_file(self, file: BinaryIO) -> str:
        return await self._network.ask(self._process, lambda: self._truth.put_file(file))

    async def get(self, sha256: str) -> bytes:
        return await self._network.ask(self._process, lambda: self._truth.get(sha256))

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        yield await self.get(sha256)

    async def set_aside(self, sha256: str) -> None:
        await self._network.ask(self._process, lambda: self._truth.set_aside(sha256))

    async def discard(self, sha256: str) -> None:
        await self._network.ask(self._process, lambda: self._truth.discard(sha256))
