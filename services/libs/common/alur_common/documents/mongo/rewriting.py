"""Documents written again, a page at a time, though others change them meanwhile."""

from __future__ import annotations

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from alur_common.documents.encoding import Stamps
from alur_common.documents.migrations import Rewrite
from alur_common.documents.mongo.declared import History
from alur_common.documents.mongo.errors import WRITE_CONFLICT, refusal
from alur_common.documents.mongo.layout import READ, Content, Layout, document_of
from alur_common.documents.mongo.query import Filter
from alur_common.documents.mongo.writes import Change, change_all
from alur_common.documents.port import Document
from alur_sdk.errors import AlurError, ConflictError, NotFoundError

_AT_A_TIME = 200


async def fill(layout: Layout, history: History) -> None:
    """Give documents that were written by a version without them the fields of this one.

    They stay at their revision: whoever is about to change one is not held up. One that a version before has changed
    meanwhile is found the next time.
    """
    is_over = not layout.filled
    while not is_over:
        page = await _page(layout, history.behind())
        is_over = len(page) < _AT_A_TIME
        if page:
            await _fill_page(layout, page)


async def _fill_page(layout: Layout, page: list[Document]) -> None:
    contents = [Content(layout, document, document["revision"], "") for document in page]
    updates = [
        UpdateOne({"_id": content.key, "revision": content.revision}, content.as_fill())
        for content in contents
    ]
    try:
        await layout.rows.bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        details = error.details or {}
        faults = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        worse = {fault["code"] for fault in faults} - {WRITE_CONFLICT}
        if worse:
            raise refusal(worse.pop()) from error


async def rewrite(layout: Layout, step: Rewrite, stamps: Stamps) -> None:
    """Change every document as the step says."""
    last = ""
    while True:
        page = await _page(layout, {"_id": {"$gt": last}})
        await _rewrite_page(layout, step, page, stamps)
        if len(page) < _AT_A_TIME:
            return
        last = page[-1]["id"]


async def _page(layout: Layout, wanted: Filter) -> list[Document]:
    cursor = layout.rows.find(wanted, READ)
    if "_id" in wanted:
        cursor = cursor.sort("_id", 1)
    return [document_of(stored) async for stored in cursor.limit(_AT_A_TIME)]


async def _rewrite_page(
    layout: Layout, step: Rewrite, page: list[Document], stamps: Stamps
) -> None:
    """Rewrite these documents; one that somebody changed meanwhile is read and rewritten again."""
    while page:
        changes: list[Change] = []
        for document in page:
            made = step.change(document)
            if made is None:
                matches = {"_id": document["id"], "revision": document["revision"]}
                await layout.rows.delete_one(matches)
            else:
                changes.append(_change(layout, made, document, stamps))
        outcomes = await change_all(layout, changes) if changes else []
        changed = [
            change.content.key
            for change, outcome in zip(changes, outcomes, strict=True)
            if _is_behind(outcome)
        ]
        cursor = layout.rows.find({"_id": {"$in": changed}}, READ)
        page = [document_of(stored) async for stored in cursor] if changed else []


def _change(layout: Layout, made: Document, old: Document, stamps: Stamps) -> Change:
    revision = old["revision"]
    new = Content(layout, {**made, "id": old["id"]}, revision + 1, stamps.now())
    return Change(new, revision, {})


def _is_behind(outcome: AlurError | None) -> bool:
    """Whether somebody was faster; raises what is worse."""
    if outcome is None or isinstance(outcome, NotFoundError):
        return False
    if isinstance(outcome, ConflictError):
        return True
    raise outcome
