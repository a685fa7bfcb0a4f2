"""`Blobs` in an S3-compatible store; the usual `AWS_*` variables say where it is and who asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.exceptions import NotFoundError as MissingError
from obstore.store import S3Store

from alur_sdk.errors import NotFoundError, StorageError

if TYPE_CHECKING:
    from obstore.store import RetryConfig

SECONDS = "10s"
RETRIES: RetryConfig = {"max_retries": 4}


class S3Blobs:
    """Content under its SHA-256, written once: a key that is there holds that very content."""

    def __init__(self, url: str) -> None:
        self._store = S3Store.from_url(
            url,
            client_options={"timeout": SECONDS, "connect_timeout": SECONDS, "allow_http": True},
            retry_config=RETRIES,
        )

    async def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        with _translated(sha256):
            try:
                await obstore.put_async(self._store, _key(sha256), content, mode="create")
            except AlreadyExistsError:
                return sha256
        return sha256

    async def get(self, sha256: str) -> bytes:
        with _translated(sha256):
            got = await obstore.get_async(self._store, _key(sha256))
            content = bytes(await got.bytes_async())
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StorageError(f"blob {sha256} does not match its hash", sha256=sha256)
        return content

    async def delete(self, sha256: str) -> None:
        try:
            with _translated(sha256):
                await obstore.delete_async(self._store, _key(sha256))
        except NotFoundError:
            return


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _translated(sha256: str) -> Iterator[None]:
    try:
        yield
    except (MissingError, FileNotFoundError) as error:
        raise NotFoundError(f"blob {sha256} does not exist", sha256=sha256) from error
    except BaseError as error:
        raise StorageError(f"the store of blobs failed: {error}", sha256=sha256) from error
