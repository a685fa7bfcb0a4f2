"""Content of executions: inline when small, a blob above `INLINE_BYTES`."""

from __future__ import annotations

from typing import Any

import orjson

from alur_common.blobs import INLINE_BYTES, Blobs
from alur_common.executions.entity import Execution
from alur_common.executions.repository import Batch
from alur_sdk.errors import ByteLimitError, DepthLimitError
from alur_sdk.items import Json
from alur_sdk.lengths import is_longer

BLOB_ENTRY = "blob"
"""The kind of an entry that stands for a whole batch kept as a blob: `["blob", sha256]`."""


async def input_of(execution: Execution, blobs: Blobs) -> list[dict[str, Any]]:
    """Return the input items, wherever they are kept."""
    if execution.input_blob is None:
        return execution.input or []
    loaded: list[dict[str, Any]] = orjson.loads(await blobs.get(execution.input_blob))
    return loaded


async def output_of(execution: Execution, blobs: Blobs) -> Json:
    """Return the output of an ended execution, wherever it is kept."""
    if execution.output_blob is None:
        return execution.output
    return orjson.loads(await blobs.get(execution.output_blob))


async def kept_entries(entries: list[Any], blobs: Blobs, limit: int) -> list[Any]:
    """Return the entries as they are kept: inline, or a reference to a blob when they are large.

    Raises `ByteLimitError` when they are larger than one flush may be, `DepthLimitError` when they nest too deeply.
    """
    if is_longer(entries, limit):
        raise ByteLimitError(f"more than {limit} bytes of items at once: that is the limit")
    content = _encoded(entries)
    if len(content) <= INLINE_BYTES:
        return entries
    if len(content) > limit:
        raise ByteLimitError(f"{len(content)} bytes of items at once: the limit is {limit}")
    return [[BLOB_ENTRY, await blobs.put(content)]]


def _encoded(entries: list[Any]) -> bytes:
    try:
        return orjson.dumps(entries)
    except TypeError as error:
        if "Recursion" not in str(error):
            raise
        raise DepthLimitError(
            f"an item of {_deepest(entries)} nests deeper than the 240 levels that can be kept: "
            "flatten it, or keep it as text by `JSON.stringify`"
        ) from error


def _deepest(entries: list[Any]) -> str:
    """Return the node whose entry cannot be written."""
    for entry in entries:
        try:
            orjson.dumps(entry)
        except TypeError:
            return repr(entry[1])
    return "the execution"


async def read_entries(batches: list[Batch], tail: Json, blobs: Blobs) -> list[list[Any]]:
    """Return all entries in force, blobs resolved.

    What stands after an epoch record with a lower epoch was written by a stale owner and is left out.
    """
    entries: list[list[Any]] = []
    epoch = 0
    for batch in batches:
        if batch.epoch >= epoch:
            epoch = batch.epoch
            entries += await in_full(batch.entries, blobs)
    return entries + await in_full(tail or [], blobs)


async def in_full(entries: list[Any], blobs: Blobs) -> list[list[Any]]:
    """Return the entries of one flush, wherever they are kept."""
    if len(entries) == 1 and entries[0][0] == BLOB_ENTRY:
        loaded: list[list[Any]] = orjson.loads(await blobs.get(entries[0][1]))
        return loaded
    return entries
