"""Values too large for a record: kept as a blob, the record carries a reference with size and SHA-256.

A reference counts as much as who may write to the topic; an outside producer's signature covers the content itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from alur_common.blobs import INLINE_BYTES, Blobs
from alur_common.kafka.encoding import Headers, Record
from alur_sdk.errors import InvalidError, NotFoundError, TooLargeError

BLOB = "alur-blob"
"""The header: `<sha256>:<bytes>`."""


async def put_aside(record: Record, blobs: Blobs | None) -> Record:
    """Return the record as it is, or one that refers to its content. Raises `TooLargeError` without a store of blobs."""
    size = len(record.value)
    if size <= INLINE_BYTES:
        return record
    if blobs is None:
        raise TooLargeError(f"an event of {size} bytes needs a store of blobs")
    sha256 = await blobs.put(record.value)
    headers: Headers = [*record.headers, (BLOB, f"{sha256}:{size}".encode())]
    return Record(record.key, b"", headers)


async def value_of(
    value: bytes | None, headers: Mapping[str, bytes | None], blobs: Blobs | None
) -> bytes | None:
    """Return the content that a record has or refers to.

    Raises `InvalidError` for a reference that leads nowhere, `UnavailableError` when the store cannot be reached.
    """
    reference = headers.get(BLOB)
    if reference is None:
        return value
    sha256, _, size = reference.decode(errors="replace").partition(":")
    if blobs is None:
        raise InvalidError("the record refers to a blob, and there is no store of blobs")
    try:
        content = await blobs.get(sha256)
    except (NotFoundError, ValueError) as error:
        raise InvalidError(f"the record's content {sha256[:64]!r} is not there") from error
    if str(len(content)) != size:
        raise InvalidError(f"the record's content has {len(content)} bytes, not {size[:20]}")
    return content
