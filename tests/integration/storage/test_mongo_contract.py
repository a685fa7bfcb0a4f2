"""The contract of `Documents` on MongoDB, or the server that stands for it."""

from __future__ import annotations

import random

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.mongo import MongoDocuments
from alur_common.documents.port import Documents, Where
from tests.contract.documents_contract import (
    COLLECTIONS,
    JOBS,
    InOrderContract,
    RefusalsContract,
    WritesContract,
)
from tests.contract.documents_queries import QueriesContract
from tests.contract.test_documents_agree import act, outcome
from tests.integration.storage.mongo import NewDatabase
from tests.support.clock import FakeClock


class TestMongoDocuments(WritesContract, InOrderContract, RefusalsContract, QueriesContract):
    """Of one process the writes of one document take effect in order, so `InOrderContract` holds here as well."""

    @pytest.fixture
    def documents(self, mongo: MongoDocuments) -> Documents:
        return mongo


async def history(store: Documents, seed: int) -> list[object]:
    """Do 40 things one after the other, and look at everything after each."""
    pick = random.Random(seed)  # noqa: S311 - repeatable on purpose
    seen: list[object] = []
    for _ in range(40):
        seen.append(await outcome(act(pick)(store)))
        seen.append([await store.find_one(JOBS, key) for key in "abcde"])
        seen.append(await store.find(JOBS, [Where("rank", "gte", 1)], sort=("-status", "rank")))
    return seen


@pytest.mark.parametrize("seed", range(5))
async def test_memory_and_mongodb_answer_alike(new_database: NewDatabase, seed: int) -> None:
    store = MongoDocuments(await new_database(), FakeClock())
    await store.open(COLLECTIONS)
    assert await history(store, seed) == await history(MemoryDocuments(FakeClock()), seed)
