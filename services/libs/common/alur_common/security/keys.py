"""Keys on disk: each in a file that its owner alone may read, made once, never overwritten."""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from alur_sdk.errors import StateError, StorageError

KEY_BYTES = 32


def load_keys(path: Path, given: str | None = None) -> list[bytes]:
    """Return the keys of 32 bytes, the one in use first, from `given` or the file, which is made when absent.

    Both hold base64, one key a line or joined by commas. Raises `StateError` when a key is malformed or the file can be
    read by others, `StorageError` when it cannot be written.
    """
    if given:
        return [_decoded(text, "the key given by the environment") for text in given.split(",")]
    _create(path, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
    return _read(path)


def add_key(path: Path, key: bytes | None = None) -> list[bytes]:
    """Put a new key before those in the file and return all: new secrets use it, old ones still open."""
    with _alone(path):
        keys = [key or os.urandom(KEY_BYTES), *_read(path)]
        _replace(path, keys)
    return keys


def drop_key(path: Path, is_meant: Callable[[bytes], bool]) -> None:
    """Remove a key that nothing is sealed by any more; the file goes with its last one."""
    with _alone(path):
        keys = [key for key in _read(path) if not is_meant(key)]
        if keys:
            _replace(path, keys)
        else:
            path.unlink()
            _sync_folder(path.parent)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder of the keys: two that add a key at once would else lose one, and what it sealed.

    Raises `StorageError` when the folder cannot be held or written.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StorageError(
            f"the keys in {path.parent} cannot be reached: {error.strerror}"
        ) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise StorageError(
            f"the keys in {path} cannot be changed: {error.strerror}; where the folder is read-only, "
            "change them at their source"
        ) from error
    finally:
        os.close(folder)


def _read(path: Path) -> list[bytes]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise StateError(
            f"{path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`, "
            "and replace the key if they may have read it"
        )
    lines = path.read_text("ascii", errors="replace").split()
    if not lines:
        raise StateError(f"{path} holds no key: restore it from a backup")
    return [_decoded(line, str(path)) for line in lines]


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise StateError(f"{where} is not base64") from error
    if len(key) != KEY_BYTES:
        raise StateError(f"{where} has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _create(path: Path, content: bytes) -> None:
    """Make the file whole or not at all, unless it is there; a link never replaces what another process made."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(draft, content)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"cannot keep a key in {path}: {error.strerror}") from error


def _replace(path: Path, keys: list[bytes]) -> None:
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    _write(draft, b"".join(base64.b64encode(key) + b"\n" for key in keys))
    draft.replace(path)
    _sync_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
