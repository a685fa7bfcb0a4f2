"""Repositories of the engine's store, written once on `Documents`."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from alur_common.documents.port import Collection, Document, Documents, Index, Where
from alur_common.executions.entity import ACTIVE, DEFAULTS, TROUBLED, Execution, Parent
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

EXECUTIONS = Collection(
    "executions",
    fields=(
        "tenant",
        "project",
        "workflow",
        "workflow_uid",
        "status",
        "active",
        "trouble",
        "owner",
        "accepted_at",
        "wake_at",
        "expire_at",
        "admitted",
        "priority",
        "told_by",
        "told_number",
    ),
    indexes=(
        Index(("tenant", "project", "accepted_at"), newest_first=True),
        Index(("tenant", "project", "workflow", "accepted_at"), newest_first=True),
        Index(("active", "wake_at"), sparse=True),
        Index(("active", "accepted_at"), sparse=True),
        Index(("trouble", "tenant", "project", "accepted_at"), sparse=True, newest_first=True),
        Index(("expire_at",), sparse=True),
        Index(("told_by", "told_number"), sparse=True),
    ),
    holds="executions, with the events that their state implies; retention removes each after its journal",
    owner="gateway, scheduler, executor",
)
JOURNAL = Collection(
    "journal",
    is_reread=False,
    holds="what executions did: batches under the id `execution/number`, so that each number is taken once",
    owner="executor, scheduler",
)
INBOX = Collection(
    "inbox",
    holds="messages for executions: signals, cancellations, ends of children and of tasks",
    owner="gateway, scheduler, executor",
)
PAGE = 500
AT_ONCE = 100
"""So many batches of a journal are read at once; most have fewer."""
CLOSED = 2**31 - 1
"""The epoch of the record that closes a journal: no owner has a higher one."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One flush of one execution: atomic, numbered densely from 1, carrying its owner's epoch."""

    execution: str
    number: int
    epoch: int
    entries: list[Any]


@dataclass(frozen=True, slots=True)
class Message:
    """Something from outside for an execution: `cancel`, `signal`, `child`, `task`, `resolve`. One of a kind and key lies there."""

    execution: str
    kind: str
    key: str
    payload: dict[str, Any]
    revision: int = field(default=0, compare=False)
    """Which one of this kind and key was read."""
    taken: tuple[str, str] | None = field(default=None, compare=False)
    """Which node run (node, path) takes it, once that is said."""


class Executions(Protocol):
    """Where executions are kept."""

    async def accept(self, execution: Execution) -> Execution:
        """Store a new one, durable once this returns; raises `ExistsError` when its id is known."""

    async def get(self, execution_id: str) -> Execution:
        """Return it, or raise `NotFoundError`."""

    async def find(self, execution_id: str) -> Execution | None:
        """Return it, or None."""

    async def save(self, execution: Execution) -> Execution:
        """Store it at its next revision, or raise `ConflictError` when someone else changed it first."""

    async def search(
        self,
        where: Sequence[Where],
        *,
        sort: Sequence[str] = ("-accepted_at",),
        limit: int = 50,
        after: Sequence[Any] | None = None,
    ) -> list[Execution]:
        """Return those that match, by the declared fields of `EXECUTIONS`."""

    async def count(self, where: Sequence[Where], *, limit: int = 10_000) -> int:
        """Return how many match, counting no further than `limit`."""

    async def delete(self, execution_id: str) -> bool:
        """Remove it; return whether it was there."""


class Journals(Protocol):
    """The ordered records of executions."""

    async def append(self, batch: Batch) -> None:
        """Append the batch; raises `ExistsError` when its number is taken: someone else owns the execution now."""

    async def read(self, execution_id: str) -> list[Batch]:
        """Return the batches in order."""

    async def close(self, execution_id: str) -> list[Batch]:
        """Return the batches, the last of which shuts out every owner, and all to come. Safe to repeat."""

    async def remove(self, execution_id: str) -> None:
        """Remove them all, and those of what the execution had others do."""


class Inbox(Protocol):
    """Messages for executions; whoever owns one reads and then removes its messages."""

    async def put(self, message: Message) -> None:
        """Keep it, durable once this returns; it replaces one of the same kind and key."""

    async def read(self, execution_id: str) -> list[Message]:
        """Return all messages in the order of kind and key."""

    async def remove(self, message: Message) -> None:
        """Remove what was read; absent is fine, and one that has replaced it stays."""

    async def mark(self, message: Message, run: tuple[str, str]) -> Message | None:
        """Say durably which node run takes what was read; return it so, or None: another has replaced it by now.

        Whoever goes on after a crash knows by it whether its effect is in the journal already.
        """

    async def page(self, after: Message | None, limit: int) -> list[Message]:
        """Return at most `limit` messages of all executions, past `after`."""


_ABSENT = object()


def to_document(execution: Execution) -> Document:
    """Return the document; what has its default is left out, but for what is filtered by."""
    document: Document = {
        name: value
        for name, value in execution.__dict__.items()
        if value is not DEFAULTS.get(name, _ABSENT)
    }
    document.pop("revision", None)
    document["status"] = execution.status
    if execution.status in ACTIVE:
        document["active"] = execution.status
    elif execution.status in TROUBLED:
        document["trouble"] = execution.status
    document["admitted"] = execution.admitted
    document["priority"] = execution.priority
    parent = execution.parent
    if parent is not None:
        document["parent"] = [parent.execution, parent.node, parent.path, parent.item, parent.waits]
    return document


def from_document(document: Document) -> Execution:
    """Return the execution that a document holds."""
    values = {name: value for name, value in document.items() if name in _NAMES}
    parent = values.get("parent")
    if parent is not None:
        values["parent"] = Parent(*parent)
    return Execution.made_of(values)


def where_status(statuses: Sequence[str]) -> Where:
    """Return the condition for executions in one of these statuses, by the index that holds the fewest others."""
    for name, held in (("active", ACTIVE), ("trouble", TROUBLED)):
        if held.issuperset(statuses):
            return Where(name, "in" if len(statuses) > 1 else "eq", _only(statuses))
    return Where("status", "in", list(statuses))


def _only(statuses: Sequence[str]) -> str | list[str]:
    return list(statuses) if len(statuses) > 1 else statuses[0]


_NAMES = frozenset(each.name for each in fields(Execution))


class StoredExecutions:
    """`Executions` on the `Documents` port."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def accept(self, execution: Execution) -> Execution:
        await self._documents.insert(EXECUTIONS, to_document(execution))
        return execution.changed(revision=1)

    async def get(self, execution_id: str) -> Execution:
        return from_document(await self._documents.get(EXECUTIONS, execution_id))

    async def find(self, execution_id: str) -> Execution | None:
        document = await self._documents.find_one(EXECUTIONS, execution_id)
        return None if document is None else from_document(document)

    async def save(self, execution: Execution) -> Execution:
        await self._documents.replace(
            EXECUTIONS, to_document(execution), at_revision=execution.revision
        )
        return execution.changed(revision=execution.revision + 1)

    async def search(
        self,
        where: Sequence[Where],
        *,
        sort: Sequence[str] = ("-accepted_at",),
        limit: int = 50,
        after: Sequence[Any] | None = None,
    ) -> list[Execution]:
        found = await self._documents.find(EXECUTIONS, where, sort=sort, limit=limit, after=after)
        return [from_document(document) for document in found]

    async def count(self, where: Sequence[Where], *, limit: int = 10_000) -> int:
        return await self._documents.count(EXECUTIONS, where, limit=limit)

    async def delete(self, execution_id: str) -> bool:
        return await self._documents.delete(EXECUTIONS, execution_id)


class StoredJournals:
    """`Journals` on the `Documents` port: the id holds execution and number, so it is unique and in order."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def append(self, batch: Batch) -> None:
        await self._documents.insert(
            JOURNAL,
            {
                "id": _batch_id(batch.execution, batch.number),
                "epoch": batch.epoch,
                "entries": batch.entries,
            },
        )

    async def read(self, execution_id: str) -> list[Batch]:
        # Numbers have no gaps. Keys are found at once wherever a store keeps them; a range of keys is not.
        batches: list[Batch] = []
        while True:
            keys = [_batch_id(execution_id, len(batches) + n) for n in range(1, AT_ONCE + 1)]
            page = await self._documents.find(JOURNAL, [Where("id", "in", keys)], limit=AT_ONCE)
            batches += [
                Batch(execution_id, int(d["id"].rpartition("/")[2]), d["epoch"], d["entries"])
                for d in page
            ]
            if len(page) < AT_ONCE:
                return batches

    async def close(self, execution_id: str) -> list[Batch]:
        while True:
            batches = await self.read(execution_id)
            if batches and batches[-1].epoch == CLOSED:
                return batches
            try:
                await self.append(Batch(execution_id, len(batches) + 1, CLOSED, []))
            except ExistsError:
                continue  # an owner appended meanwhile, which counts; or another closed it

    async def remove(self, execution_id: str) -> None:
        # A task's journal stands under `execution.task`, right before.
        where = [Where("id", "gt", f"{execution_id}."), Where("id", "lt", f"{execution_id}0")]
        while await self._documents.delete_many(JOURNAL, where, limit=PAGE) == PAGE:
            pass


def _batch_id(execution_id: str, number: int) -> str:
    return f"{execution_id}/{number:08d}"


class StoredInbox:
    """`Inbox` on the `Documents` port."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def put(self, message: Message) -> None:
        document = _message_document(message)
        while not await self._is_kept(document):
            pass

    async def mark(self, message: Message, run: tuple[str, str]) -> Message | None:
        document = {**_message_document(message), "taken": list(run)}
        try:
            kept = await self._documents.replace(INBOX, document, at_revision=message.revision)
        except (ConflictError, NotFoundError):
            return None
        return _message(kept)

    async def _is_kept(self, document: Document) -> bool:
        try:
            if await self._documents.find_one(INBOX, document["id"]) is None:
                await self._documents.insert(INBOX, document)
            else:
                await self._documents.replace(INBOX, document)
        except (ExistsError, NotFoundError):
            return False  # it came or went in that very moment
        return True

    async def read(self, execution_id: str) -> list[Message]:
        where = [Where("id", "gt", f"{execution_id}/"), Where("id", "lt", f"{execution_id}0")]
        messages: list[Message] = []
        while True:
            after = [_message_id(messages[-1])] if messages else None
            page = await self._documents.find(INBOX, where, limit=PAGE, after=after)
            messages += [_message(document) for document in page]
            if len(page) < PAGE:
                return messages

    async def remove(self, message: Message) -> None:
        with contextlib.suppress(ConflictError):
            await self._documents.delete(INBOX, _message_id(message), at_revision=message.revision)

    async def page(self, after: Message | None, limit: int) -> list[Message]:
        cursor = None if after is None else [_message_id(after)]
        found = await self._documents.find(INBOX, limit=limit, after=cursor)
        return [_message(document) for document in found]


def _message(document: Document) -> Message:
    return Message(
        document["execution"],
        document["kind"],
        document["key"],
        document["payload"],
        document["revision"],
        None if "taken" not in document else (document["taken"][0], document["taken"][1]),
    )


def _message_document(message: Message) -> Document:
    return {
        "id": _message_id(message),
        "execution": message.execution,
        "kind": message.kind,
        "key": message.key,
        "payload": message.payload,
    }


def _message_id(message: Message) -> str:
    return f"{message.execution}/{message.kind}/{message.key}"
