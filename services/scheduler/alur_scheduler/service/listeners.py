"""Triggers that wait for something from outside: kept as documents, so that every scheduler sees the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Document, Documents, Where
from alur_common.topics import MOST, POSITIONS
from alur_scheduler.domain.collections import BATCHES, LISTENERS
from alur_scheduler.domain.followed import FOLLOWED, followed
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

EVENT, TOPIC = "trigger.event", "trigger.kafka"
PAGE = 200


class Listeners:
    """One document for each such trigger that does not rest."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def sync(self, record: WorkflowRecord) -> bool:
        """Keep what is new or changed, and forget what is gone or rests, but not what a newer record says."""
        wanted = {} if record.is_suspended else _wanted(record)
        known = {one["id"]: one for one in await self._of(record.uid)}
        added = False
        for key in known.keys() | wanted.keys():
            now, document = known.get(key), wanted.get(key)
            while _differ(now, document, record.revision):
                if await self._is_written(now, document):
                    added = added or now is None
                    break
                now = await self._documents.find_one(LISTENERS, key)
        return added

    async def remove(self, uid: str) -> None:
        """Forget a workflow that was deleted, and how far it had read."""
        for collection in (LISTENERS, POSITIONS, BATCHES):
            await self._documents.delete_many(collection, [Where("uid", "eq", uid)], limit=MOST)

    async def all_of(self, kind: str, tenant: str | None = None) -> AsyncIterator[Document]:
        """Yield the triggers of a type, of one tenant or of all."""
        where = [Where("type", "eq", kind)]
        if tenant is not None:
            where.append(Where("tenant", "eq", tenant))
        after: Sequence[Any] | None = None
        while True:
            found = await self._documents.find(LISTENERS, where, limit=PAGE, after=after)
            for document in found:
                yield document
            if len(found) < PAGE:
                return
            after = [found[-1]["id"]]

    async def _of(self, uid: str) -> list[Document]:
        return await self._documents.find(LISTENERS, [Where("uid", "eq", uid)], limit=MOST)

    async def _is_written(self, known: Document | None, wanted: Document | None) -> bool:
        try:
            if known is None:
                await self._documents.insert(LISTENERS, wanted or {})
            elif wanted is None:
                await self._documents.delete(LISTENERS, known["id"], at_revision=known["revision"])
            else:
                await self._documents.replace(LISTENERS, wanted, at_revision=known["revision"])
        except (ConflictError, ExistsError, NotFoundError):
            return False  # another scheduler follows the same workflow
        return True


def _differ(known: Document | None, wanted: Document | None, revision: int) -> bool:
    """Return whether what is known is to become what this revision of the workflow wants."""
    if known is None or wanted is None:
        return known is not wanted and (known is None or followed(known) <= revision)
    is_same = all(known.get(name) == value for name, value in wanted.items())
    return followed(known) <= revision and not is_same


def _wanted(record: WorkflowRecord) -> dict[str, Document]:
    documents = {}
    for trigger in record.document["spec"].get("triggers", ()):
        if trigger["type"] in {EVENT, TOPIC} and not trigger.get("disabled", False):
            key = f"{record.uid}/{trigger['name']}"
            documents[key] = {
                "id": key,
                "uid": record.uid,
                FOLLOWED: record.revision,
                "type": trigger["type"],
                "tenant": record.tenant,
                "project": record.project,
                "workflow": record.name,
                "trigger": trigger["name"],
                "params": trigger.get("params", {}),
                "credentials": trigger.get("credentials", {}),
            }
    return documents
