"""The data folder: one process at a time, readable by its owner alone, of a known format."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from alur_sdk.errors import StateError, StorageError

FORMAT = 1
"""How the folder is laid out; the schema of the documents has a number of its own."""
_LOCK = "lock"
_VERSION = "version"


class DataFolder:
    """An open data folder, locked until `close` or the end of the process, however it ends."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @property
    def database(self) -> Path:
        """The file of the documents."""
        return self.path / "alur.db"

    @property
    def blobs(self) -> Path:
        """The folder of large content."""
        return self.path / "blobs"

    @classmethod
    def open(cls, path: Path) -> DataFolder:
        """Create it, or open it for this process alone; closes it to other users if it was open to them.

        Raises `StateError` when another process has it, when it is someone else's, holds other things than
        Alur's data or was laid out by a newer Alur; `StorageError` when it cannot be read or written.
        """
        path = path.expanduser().absolute()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_owner(path)
            lock = _locked(path)
        except FileExistsError as error:
            raise StorageError(f"{path} is a file: name a folder for the data") from error
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            _check_format(path)
        except OSError as error:
            os.close(lock)
            raise _unusable(path, error) from error
        except BaseException:
            os.close(lock)
            raise
        return cls(path, lock)

    def close(self) -> None:
        """Let another process have it; a second call does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"the data folder {path} cannot be used: {error.strerror}", path=str(path))


def _check_owner(path: Path) -> None:
    """Only an empty folder or one of ours is taken: a home folder named by mistake stays as it is."""
    state = path.stat()
    if state.st_uid != os.geteuid():
        raise StateError(f"the data folder {path} belongs to another user", path=str(path))
    names = {entry.name for entry in path.iterdir()}
    if names - {_LOCK} and _VERSION not in names:
        raise StateError(
            f"{path} holds other files and no data of Alur: name an empty or a new folder",
            path=str(path),
        )
    if stat.S_IMODE(state.st_mode) != stat.S_IRWXU:
        path.chmod(stat.S_IRWXU)


def _locked(path: Path) -> int:
    """Return the descriptor of the lock, which the kernel frees when the process ends."""
    lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise StateError(
            f"the data folder {path} is in use by process {holder}: stop that, or name another folder",
            path=str(path),
            holder=holder,
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _check_format(path: Path) -> None:
    file = path / _VERSION
    try:
        text = file.read_text("ascii").strip()
    except FileNotFoundError:
        _write_format(file)
        return
    except UnicodeDecodeError:
        text = ""
    if not text.isdigit():
        raise StorageError(f"{file} is damaged: it should hold the number {FORMAT}", path=str(file))
    if int(text) > FORMAT:
        raise StateError(
            f"the data folder {path} was laid out by a newer Alur (format {text}, this one knows {FORMAT})",
            path=str(path),
        )


def _write_format(file: Path) -> None:
    """Write it aside and rename it: a power cut leaves no half-written number."""
    aside = file.with_name(f".{file.name}")
    with aside.open("w", encoding="ascii") as written:
        written.write(f"{FORMAT}\n")
        written.flush()
        os.fsync(written.fileno())
    aside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
