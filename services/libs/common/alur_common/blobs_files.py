"""Blobs as files, named by their SHA-256, in a folder of 256 folders."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from alur_common.blobs import damaged, hash_of, verified
from alur_sdk.errors import NotFoundError, StorageError, UnavailableError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_THREADS = 2
_CHUNK = 1024 * 1024


class FileBlobs:
    """`Blobs` in a folder: written aside, synced, then renamed, so that a name never holds half a content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")

    async def put(self, content: bytes) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._put, content)

    async def put_file(self, file: BinaryIO) -> str:
        sha256 = await hash_of(file)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._put_file, sha256, file)
        return sha256

    async def get(self, sha256: str) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._get, sha256)

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        return verified(self._parts(sha256), sha256)

    async def set_aside(self, sha256: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._set_aside, sha256)

    async def discard(self, sha256: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._discard, sha256)

    async def reach(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._reach)

    async def sweep(self) -> int:
        """Remove what a killed process left half written, and return how many; call it before the first `put`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._sweep)

    def close(self) -> None:
        """Wait for what is under way and end the threads."""
        self._threads.shutdown()

    def _reach(self) -> None:
        try:
            _make_folder(self._folder)
        except OSError as error:
            raise UnavailableError(f"{self._folder} is out of reach: {error.strerror}") from error
        if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            raise UnavailableError(f"{self._folder} is out of reach: it may not be written")

    def _sweep(self) -> int:
        try:
            leftovers = list(self._folder.glob("??/.*"))
            for path in leftovers:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self._folder} cannot be tidied: {error.strerror}") from error
        return len(leftovers)

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self._put_file(sha256, io.BytesIO(content))
        return sha256

    def _put_file(self, sha256: str, file: BinaryIO) -> None:
        path = self._path(sha256)
        try:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if not _holds(path, size):
                _write_durably(path, file)
        except OSError as error:
            raise StorageError(f"the content could not be kept: {error.strerror}") from error

    def _get(self, sha256: str) -> bytes:
        try:
            with self._opened(sha256) as file:
                content = file.read()
        except OSError as error:
            raise StorageError(f"blob {sha256} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise damaged(sha256)
        return content

    async def _parts(self, sha256: str) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        file = await loop.run_in_executor(self._threads, self._opened, sha256)
        with file:
            while part := await loop.run_in_executor(self._threads, _part_of, file, sha256):
                yield part

    def _opened(self, sha256: str) -> BinaryIO:
        path = self._path(sha256)
        for place in (path, _aside(path), path):  # it may be put back while we look
            try:
                return place.open("rb", buffering=0)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StorageError(f"blob {sha256} cannot be read: {error.strerror}") from error
        raise NotFoundError(f"blob {sha256} does not exist", sha256=sha256)

    def _set_aside(self, sha256: str) -> None:
        path = self._path(sha256)
        try:
            path.replace(_aside(path))
            _sync_folder(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError(f"blob {sha256} cannot be set aside: {error.strerror}") from error

    def _discard(self, sha256: str) -> None:
        try:
            _aside(self._path(sha256)).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"blob {sha256} cannot be deleted: {error.strerror}") from error

    def _path(self, sha256: str) -> Path:
        if _SHA256.fullmatch(sha256) is None:
            raise NotFoundError("a blob is named by a SHA-256 in hex", sha256=sha256[:80])
        return self._folder / sha256[:2] / sha256


def _aside(path: Path) -> Path:
    return path.with_suffix(".aside")


def _part_of(file: BinaryIO, sha256: str) -> bytes:
    try:
        return file.read(_CHUNK)
    except OSError as error:
        raise StorageError(f"blob {sha256} cannot be read: {error.strerror}") from error


def _holds(path: Path, size: int) -> bool:
    """Whether the whole content is there; a damaged file of another size is written again."""
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _write_durably(path: Path, content: BinaryIO) -> None:
    """Write, sync and rename, then sync the folder: only then does the name survive a power cut."""
    _make_folder(path.parent)
    aside = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
            file.flush()
            os.fsync(descriptor)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
