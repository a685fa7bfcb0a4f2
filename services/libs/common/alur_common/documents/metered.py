"""Counting what a store could not do, whatever the store is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alur_common.documents.port import Collection, Document, Documents, Where
from alur_common.telemetry import Metrics
from alur_sdk.errors import UnavailableError


class MeteredDocuments:
    """`Documents` that counts the failures of another in `alur_store_errors_total`.

    What is out of reach, full or damaged is a failure; conflicts and absences are answers.
    """

    def __init__(self, documents: Documents, metrics: Metrics) -> None:
        self._documents = documents
        self._errors = metrics.counter("store_errors_total")

    def _count(self, operation: str, error: UnavailableError) -> None:
        self._errors.labels(operation, error.code).inc()

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        try:
            return await self._documents.insert(collection, document)
        except UnavailableError as error:
            self._count("insert", error)
            raise

    async def get(self, collection: Collection, key: str) -> Document:
        try:
            return await self._documents.get(collection, key)
        except UnavailableError as error:
            self._count("get", error)
            raise

    async def find_one(self, collection: Collection, key: str) -> Document | None:
        try:
            return await self._documents.find_one(collection, key)
        except UnavailableError as error:
            self._count("get", error)
            raise

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        try:
            return await self._documents.replace(
                collection, document, at_revision=at_revision, where=where
            )
        except UnavailableError as error:
            self._count("replace", error)
            raise

    async def find(
        self,
        collection: Collection,
        where: Sequence[Where] = (),
        *,
        sort: Sequence[str] = ("id",),
        limit: int = 100,
        after: Sequence[Any] | None = None,
    ) -> list[Document]:
        try:
            return await self._documents.find(
                collection, where, sort=sort, limit=limit, after=after
            )
        except UnavailableError as error:
            self._count("find", error)
            raise

    async def count(
        self, collection: Collection, where: Sequence[Where] = (), *, limit: int = 10_000
    ) -> int:
        try:
            return await self._documents.count(collection, where, limit=limit)
        except UnavailableError as error:
            self._count("count", error)
            raise

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        try:
            return await self._documents.delete(collection, key, at_revision=at_revision)
        except UnavailableError as error:
            self._count("delete", error)
            raise

    async def delete_many(
        self, collection: Collection, where: Sequence[Where], *, limit: int
    ) -> int:
        try:
            return await self._documents.delete_many(collection, where, limit=limit)
        except UnavailableError as error:
            self._count("delete", error)
            raise
