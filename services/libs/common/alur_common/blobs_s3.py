"""Blobs in an S3-compatible store; the usual `AWS_*` variables say where it is and who asks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError
from obstore.exceptions import NotFoundError as MissingError
from obstore.store import S3Store

from alur_common.blobs import damaged, hash_of, verified
from alur_sdk.errors import InvalidError, NotFoundError, StorageError, UnavailableError

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ClientConfig, RetryConfig

CLIENT: ClientConfig = {
    "connect_timeout": timedelta(seconds=5),
    "timeout": timedelta(seconds=30),
    # The scheme of `AWS_ENDPOINT_URL` decides; without one it is https.
    "allow_http": True,
}
RETRIES: RetryConfig = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
_ASIDE = ".aside"
_REACHED = "reached"
_CHUNK = 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")


class S3Blobs:
    """`Blobs` below `s3://bucket/prefix`: written under the condition that the key is new, for a key holds one content."""

    def __init__(
        self, url: str, *, client: ClientConfig = CLIENT, retries: RetryConfig = RETRIES
    ) -> None:
        try:
            self._store = S3Store.from_url(url, client_options=client, retry_config=retries)
        except (BaseError, ValueError) as error:
            raise InvalidError(f"{url} is no place for blobs: s3://bucket/prefix is one") from error

    async def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        with _translated(sha256):
            try:
                # One request, so that the condition covers the whole.
                await obstore.put_async(
                    self._store, _key(sha256), content, mode="create", use_multipart=False
                )
            except AlreadyExistsError:
                return sha256
        return sha256

    async def put_file(self, file: BinaryIO) -> str:
        sha256 = await hash_of(file)
        with _translated(sha256):
            # In parts, where no condition can be set: the same content again changes nothing.
            await obstore.put_async(self._store, _key(sha256), file, use_multipart=True)
        return sha256

    async def get(self, sha256: str) -> bytes:
        with _translated(sha256):
            got = await self._got(sha256)
            content = bytes(await got.bytes_async())
        if hashlib.sha256(content).hexdigest() != sha256:
            raise damaged(sha256)
        return content

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        return verified(self._parts(sha256), sha256)

    async def _parts(self, sha256: str) -> AsyncIterator[bytes]:
        with _translated(sha256):
            got = await self._got(sha256)
            async for part in got.stream(min_chunk_size=_CHUNK):
                yield bytes(part)

    async def reach(self) -> None:
        """Look at a key of its own, which the first look puts there: so it is known that the bucket takes something."""
        try:
            await self._look()
        except (BaseError, FileNotFoundError) as error:
            kind = type(error).__name__
            text = (
                f"S3 is out of reach, or the bucket of ALUR_BLOBS is not there or not ours: {kind}"
            )
            raise UnavailableError(text, reason=kind) from error

    async def _look(self) -> None:
        try:
            await obstore.head_async(self._store, _REACHED)
        except (MissingError, FileNotFoundError, PermissionDeniedError):
            # Who may not list keys is told that it may not look at one that is not there.
            with suppress(AlreadyExistsError):
                await obstore.put_async(
                    self._store, _REACHED, b"", mode="create", use_multipart=False
                )

    async def set_aside(self, sha256: str) -> None:
        key = _key(sha256)
        with suppress(NotFoundError), _translated(sha256):
            await obstore.copy_async(self._store, key, key + _ASIDE)
            await obstore.delete_async(self._store, key)

    async def discard(self, sha256: str) -> None:
        key = _key(sha256)
        with suppress(NotFoundError), _translated(sha256):
            await obstore.delete_async(self._store, key + _ASIDE)

    async def _got(self, sha256: str) -> GetResult:
        key = _key(sha256)
        for place in (key, key + _ASIDE):
            with suppress(MissingError, FileNotFoundError):
                return await obstore.get_async(self._store, place)
        return await obstore.get_async(self._store, key)  # it may have been put back meanwhile


def _key(sha256: str) -> str:
    if _SHA256.fullmatch(sha256) is None:
        raise NotFoundError("a blob is named by a SHA-256 in hex", sha256=sha256[:80])
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _translated(sha256: str) -> Iterator[None]:
    """Raise what the driver raises as errors of ours; its text may quote requests, so only its kind is told."""
    try:
        yield
    except (MissingError, FileNotFoundError) as error:
        raise NotFoundError(f"blob {sha256} does not exist", sha256=sha256) from error
    except BaseError as error:
        kind = type(error).__name__
        raise StorageError(
            f"the store of blobs failed: {kind}", sha256=sha256, reason=kind
        ) from error
