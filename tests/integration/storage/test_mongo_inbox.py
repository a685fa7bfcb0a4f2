"""The contract of `Inbox` on MongoDB, or the server that stands for it."""

from __future__ import annotations

import pytest

from alur_common.documents.mongo import MongoDocuments
from alur_common.documents.port import Documents
from alur_common.executions.repository import INBOX
from tests.contract.inbox_contract import InboxContract
from tests.integration.storage.mongo import NewDatabase
from tests.support.clock import FakeClock


class TestInboxInMongo(InboxContract):
    @pytest.fixture
    async def documents(self, new_database: NewDatabase) -> Documents:
        store = MongoDocuments(await new_database(), FakeClock())
        await store.open([INBOX])
        return store
