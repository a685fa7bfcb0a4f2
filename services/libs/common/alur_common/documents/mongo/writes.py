"""Writes in groups, each with an outcome of its own.

An answer to a group of updates tells only how many matched, and an answer may be lost. Each write therefore leaves
its token in the document: what then stands there tells which writes took effect.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pymongo
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, PyMongoError

from alur_common.documents.mongo.errors import (
    DUPLICATE,
    WRITE_CONFLICT,
    refusal,
    translated,
    translation,
)
from alur_common.documents.mongo.layout import LOOK, Content, Layout, Stored, was_made_by
from alur_common.documents.mongo.query import Filter, both
from alur_sdk.errors import AlurError, ConflictError, ExistsError, NotFoundError, UnavailableError

LOOK_SECONDS = 2.0
"""How long a look at what stands there may take once an answer was lost."""
_MOST_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.01
Outcome = AlurError | None
_W = TypeVar("_W")


class _MetError(UnavailableError):
    """The write met another one and was refused; it may be sent again at once."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new content for a document that is at `revision`, if the further conditions hold."""

    content: Content
    revision: int
    conditions: Filter

    def statement(self) -> UpdateOne:
        itself = {"_id": self.content.key, "revision": self.revision}
        return UpdateOne(both(itself, self.conditions), self.content.as_change())


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of a group: the codes of refused writes by position, how many updates matched, or why it is not known."""

    refused: Mapping[int, int]
    matched: int = 0
    lost: AlurError | None = None


async def insert_all(layout: Layout, contents: Sequence[Content]) -> list[Outcome]:
    """Insert them; return for each None, or why it is not there."""
    return await _settle(contents, lambda group: _insert_once(layout, group))


async def change_all(layout: Layout, changes: Sequence[Change]) -> list[Outcome]:
    """Change each document that is still as expected; return for each None, or why it is not."""
    return await _settle(changes, lambda group: _change_once(layout, group))


async def _settle(
    wanted: Sequence[_W], send: Callable[[Sequence[_W]], Awaitable[Sequence[Outcome]]]
) -> list[Outcome]:
    """Send them, and again those that met another write."""
    outcomes: list[Outcome] = [None] * len(wanted)
    left = list(range(len(wanted)))
    for attempt in range(_MOST_TRIES):
        for at, outcome in zip(left, await send([wanted[at] for at in left]), strict=True):
            outcomes[at] = outcome
        left = [at for at in left if isinstance(outcomes[at], _MetError)]
        if not left:
            break
        await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2**attempt * random.random())  # noqa: S311  # no secret
    return outcomes


async def _insert_once(layout: Layout, contents: Sequence[Content]) -> Sequence[Outcome]:
    answer = await _send(layout.rows.insert_many([c.as_new() for c in contents], ordered=False))
    if not answer.refused and answer.lost is None:
        return [None] * len(contents)
    doubtful = [
        content
        for at, content in enumerate(contents)
        if answer.lost is not None or answer.refused.get(at) in DUPLICATE
    ]
    standing = await _look(layout, doubtful, answer)
    return [
        _insert_outcome(layout, content, standing.get(content.key), answer, at)
        for at, content in enumerate(contents)
    ]


def _insert_outcome(
    layout: Layout, content: Content, found: Stored | None, answer: _Answer, at: int
) -> Outcome:
    code = answer.refused.get(at)
    if answer.lost is not None:
        return None if was_made_by(content, found) else answer.lost
    if code is None:
        return None
    if code not in DUPLICATE or found is None:
        return _refused(layout, content.key, code)
    if was_made_by(content, found):
        return None  # the driver sent it twice, because the first answer was lost
    return ExistsError(f"{layout.name} {content.key} exists already", id=content.key)


async def _change_once(layout: Layout, changes: Sequence[Change]) -> Sequence[Outcome]:
    statements = [change.statement() for change in changes]
    answer = await _send(layout.rows.bulk_write(statements, ordered=False))
    if answer.lost is None and answer.matched + len(answer.refused) == len(changes):
        return [
            _refused(layout, change.content.key, answer.refused[at])
            if at in answer.refused
            else None
            for at, change in enumerate(changes)
        ]
    standing = await _look(layout, [change.content for change in changes], answer)
    return [
        _change_outcome(layout, change, standing.get(change.content.key), answer, at)
        for at, change in enumerate(changes)
    ]


def _change_outcome(
    layout: Layout, change: Change, found: Stored | None, answer: _Answer, at: int
) -> Outcome:
    if at in answer.refused:
        return _refused(layout, change.content.key, answer.refused[at])
    key = change.content.key
    took_effect = was_made_by(change.content, found)
    if took_effect:
        return None
    if took_effect is None:
        return UnavailableError(f"{layout.name} {key}: it cannot be told whether it was written")
    if answer.lost is not None and (found is None or found["revision"] <= change.revision):
        return answer.lost  # what was sent may still arrive
    if found is None:
        return NotFoundError(f"{layout.name} {key} does not exist", id=key)
    return ConflictError(
        f"{layout.name} {key} changed meanwhile", id=key, revision=found["revision"]
    )


def _refused(layout: Layout, key: str, code: int) -> AlurError:
    if code in DUPLICATE:
        return ExistsError(
            f"{layout.name} {key}: another one has the same value of a unique index", id=key
        )
    if code == WRITE_CONFLICT:
        return _MetError(f"{layout.name} {key} is written by too many at once")
    return refusal(code)


async def _send(work: Any) -> _Answer:  # noqa: ANN401  # a call of the driver
    """Await a call that writes a group, and return what became of it."""
    try:
        result = await work
    except BulkWriteError as error:
        details = error.details or {}
        refused = {fault["index"]: fault["code"] for fault in details.get("writeErrors", ())}
        concerns = details.get("writeConcernErrors")
        lost = refusal(concerns[0].get("code")) if concerns else None
        return _Answer(refused, details.get("nMatched", 0), lost)
    except PyMongoError as error:
        return _Answer({}, lost=translation(error))
    return _Answer({}, getattr(result, "matched_count", 0))


async def _look(
    layout: Layout, contents: Iterable[Content], answer: _Answer
) -> Mapping[str, Stored]:
    """Return what stands where these were to be written; nothing when an answer was lost and this one is, too."""
    keys = list({content.key for content in contents})
    if not keys:
        return {}
    try:
        with translated(), pymongo.timeout(LOOK_SECONDS):
            cursor = layout.rows.find({"_id": {"$in": keys}}, LOOK)
            return {stored["_id"]: stored async for stored in cursor}
    except UnavailableError:
        if answer.lost is not None:
            return {}
        raise
