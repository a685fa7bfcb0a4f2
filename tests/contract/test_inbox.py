"""The contract of `Inbox`, on each adapter of documents that needs no server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.executions.repository import INBOX
from tests.contract.inbox_contract import InboxContract
from tests.support.clock import FakeClock


class TestInboxInMemory(InboxContract):
    @pytest.fixture
    def documents(self, clock: FakeClock) -> Documents:
        return MemoryDocuments(clock)


class TestInboxInSqlite(InboxContract):
    @pytest.fixture
    async def documents(self, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Documents]:
        store = SqliteDocuments(tmp_path / "alur.db", clock)
        await store.open([INBOX])
        yield store
        await store.close()
