"""The contract of `Documents`, on each adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from tests.contract.documents_contract import (
    COLLECTIONS,
    InOrderContract,
    RefusalsContract,
    WritesContract,
)
from tests.contract.documents_queries import QueriesContract
from tests.support.clock import FakeClock


class TestMemoryDocuments(WritesContract, InOrderContract, RefusalsContract, QueriesContract):
    @pytest.fixture
    def documents(self, clock: FakeClock) -> Documents:
        return MemoryDocuments(clock)


class TestSqliteDocuments(WritesContract, InOrderContract, RefusalsContract, QueriesContract):
    @pytest.fixture
    async def documents(self, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Documents]:
        store = SqliteDocuments(tmp_path / "alur.db", clock)
        await store.open(COLLECTIONS)
        yield store
        await store.close()


class TestSqliteDocumentsWithoutCache(WritesContract, InOrderContract, QueriesContract):
    @pytest.fixture
    async def documents(self, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Documents]:
        store = SqliteDocuments(tmp_path / "alur.db", clock, cached_documents=0)
        await store.open(COLLECTIONS)
        yield store
        await store.close()
