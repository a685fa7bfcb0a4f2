"""Files of running executions on the disk of their executor: bounded, apart from each other, and gone afterwards.

Every path is walked name by name from an open folder, and no link is followed (as openat(2) with O_NOFOLLOW does it), so that
whatever is put between a check and a use leads nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from alur_sdk.errors import ByteLimitError, LimitError, Permanent, StateError, StorageError

T = TypeVar("T")
MIB = 1024 * 1024
MAX_NAME_BYTES = 255
MAX_DEPTH = 8
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe would otherwise wait for its other end.
_KNOWN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCK = ".lock"
_AT_ONCE = MIB


@dataclass(frozen=True, slots=True)
class Quota:
    """What the files of one execution may come to, and the bytes of all executions of the process: half for one tenant."""

    bytes: int = 1024 * MIB
    files: int = 1_000
    total: int = 8192 * MIB


def default_folder() -> Path:
    """Return where files are kept when nobody says where: below the folder for temporary files, for this user alone."""
    return Path(tempfile.gettempdir()) / f"alur-files-{os.geteuid()}"


class FileAreas:
    """The areas of one process, in a folder of its own that it holds a lock on; made when it is first needed."""

    def __init__(self, root: Path, quota: Quota) -> None:
        self._root = root
        self.quota = quota
        self._own: Path | None = None
        self._lock = -1
        self._opening = threading.Lock()
        self._count = 0
        self._counting = threading.Lock()
        self._used: Counter[str] = Counter()

    def area(self, tenant: str) -> FileArea:
        """Return an area; nothing is on the disk before its first file."""
        return FileArea(self, tenant)

    async def sweep(self) -> int:
        """Remove what processes that died have left behind, and return of how many; safe at any time."""
        return await asyncio.to_thread(self._sweep)

    async def close(self) -> None:
        """Remove all that is left and let go of the folder."""
        await asyncio.to_thread(self._close)

    def took(self, tenant: str, size: int) -> None:
        """Count bytes of a tenant before they are written. Raises `StorageError` beyond what it or all may have."""
        with self._counting:
            own, total = self._used[tenant] + size, self._used.total() + size
            if own > self.quota.total // 2 or total > self.quota.total:
                # How much others have is nobody's business.
                raise StorageError(
                    "there is no room for more files in this executor (ALUR_FILES_TOTAL_MIB, half of it for one "
                    "tenant): try again when other executions have ended, raise it if the disk has room, or run "
                    "more executors"
                )
            self._used[tenant] = own

    def gave(self, tenant: str, size: int) -> None:
        """Count bytes that were removed."""
        with self._counting:
            self._used[tenant] -= size
            if not self._used[tenant]:
                del self._used[tenant]

    def new_folder(self) -> tuple[Path, int]:
        """Make a folder for one area and return it, and it open."""
        with self._opening:
            if self._own is None:
                self._open()
            self._count += 1
            assert self._own is not None  # noqa: S101  # opened above
            path = self._own / str(self._count)
            path.mkdir(mode=0o700)
            return path, os.open(path, _FOLDER)

    def _open(self) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(self._root)
        # The lock lies beside the folder and is held before that is there: nobody takes it for left behind.
        self._lock, lock = tempfile.mkstemp(suffix=_LOCK, dir=self._root)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        own = Path(lock.removesuffix(_LOCK))
        own.mkdir(mode=0o700)
        self._own = own

    def _sweep(self) -> int:
        if not self._root.is_dir() or self._root.is_symlink():
            return 0
        _check_private(self._root)
        removed = 0
        with self._opening:
            for lock in self._root.glob(f"*{_LOCK}"):
                folder = Path(str(lock).removesuffix(_LOCK))
                if folder != self._own and _is_left(lock):
                    shutil.rmtree(folder, ignore_errors=True)
                    lock.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _close(self) -> None:
        with self._opening:
            if self._own is not None:
                shutil.rmtree(self._own, ignore_errors=True)
                Path(f"{self._own}{_LOCK}").unlink(missing_ok=True)
                os.close(self._lock)
                self._own = None


class FileArea:
    """`Files` of one execution, as long as it is in memory. Paths are relative, with folders made on the way."""

    def __init__(self, areas: FileAreas, tenant: str) -> None:
        self._areas = areas
        self._tenant = tenant
        self._quota = areas.quota
        self._folder = -1
        self._place: Path | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._made = 0

    async def create(self, path: str | None = None) -> NewFile:
        """Make an empty file and return it for writing; without a path it has a name of its own."""
        return await self._apart(self._create, path)

    async def read(self, path: str) -> bytes:
        """Return the content of a file."""
        return await self._apart(self._read, path)

    async def names(self) -> list[str]:
        """Return the paths of all files, in order."""
        return sorted(self._sizes)

    async def remove(self, path: str) -> None:
        """Remove a file; its part of the quota is free again."""
        await self._apart(self._remove, path)

    async def close(self) -> None:
        """Remove all files; nothing can be made afterwards."""
        self._is_over = True
        if self._folder >= 0 or self._lock.locked():
            await asyncio.to_thread(self._close)

    async def open(self, path: str) -> BinaryIO:
        """Return a file, open for reading; whoever asks closes it."""
        return await self._apart(self._opened, path)

    def took(self, path: str, size: int) -> None:
        """Count bytes before they are written. Raises `ByteLimitError` beyond the quota, `StorageError` beyond its tenant's or all's."""
        with self._lock:
            used = sum(self._sizes.values()) + size
            if used > self._quota.bytes:
                raise ByteLimitError(
                    f"the files of this execution come to {used} bytes: {self._quota.bytes} are allowed "
                    "(ALUR_FILES_MAX_MIB); remove some, or keep less"
                )
            if path in self._sizes:
                self._areas.took(self._tenant, size)
                self._sizes[path] += size

    async def _apart(self, work: Callable[[Any], T], path: str | None) -> T:
        try:
            return await asyncio.to_thread(work, path)
        except OSError as error:
            raise _translated(error, path or "a new file") from error

    def _create(self, path: str | None) -> NewFile:
        with self._lock:
            if len(self._sizes) >= self._quota.files:
                raise LimitError(
                    f"this execution has {self._quota.files} files, as many as are allowed "
                    "(ALUR_FILES_MAX_COUNT): remove some"
                )
            self._made += 1
            path = f"unnamed-{self._made}" if path is None else path
            with self._parent(path, make=True) as (folder, name):
                handle = os.open(name, _NEW, 0o600, dir_fd=folder)
            self._sizes[path] = 0
        return NewFile(self, path, os.fdopen(handle, "wb", buffering=0))

    def _opened(self, path: str) -> BinaryIO:
        with self._lock, self._parent(path) as (folder, name):
            file = os.fdopen(os.open(name, _KNOWN, dir_fd=folder), "rb")
        try:
            _check_plain(file.fileno(), path)
        except Permanent:
            file.close()
            raise
        return file

    def _read(self, path: str) -> bytes:
        with self._opened(path) as file:
            return file.read()

    def _remove(self, path: str) -> None:
        with self._lock:
            with self._parent(path) as (folder, name):
                os.unlink(name, dir_fd=folder)
            self._areas.gave(self._tenant, self._sizes.pop(path, 0))

    @contextlib.contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """Walk to the folder of a path and yield it, open, with the last name."""
        *folders, name = _names(path)
        if self._is_over:
            raise StateError("the execution has ended, and its files with it")
        if self._folder < 0:
            self._place, self._folder = self._areas.new_folder()
        with contextlib.ExitStack() as stack:
            at = self._folder
            for folder in folders:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(folder, 0o700, dir_fd=at)
                at = os.open(folder, _FOLDER, dir_fd=at)
                stack.callback(os.close, at)
            yield at, name

    def _close(self) -> None:
        with self._lock:
            if self._place is not None:
                os.close(self._folder)
                shutil.rmtree(self._place, ignore_errors=True)
                self._folder, self._place = -1, None
                self._areas.gave(self._tenant, sum(self._sizes.values()))
                self._sizes.clear()


class NewFile:
    """`FileSink`: a file that is being written, by one writer, to its end."""

    def __init__(self, area: FileArea, path: str, file: BinaryIO) -> None:
        self.path = path
        self.size = 0
        self._area = area
        self._file = file
        self._held: list[bytes] = []
        self._held_bytes = 0

    async def write(self, content: bytes) -> None:
        """Append bytes. Raises `ByteLimitError` beyond the quota, `StorageError` when there is no room for them."""
        self._area.took(self.path, len(content))
        self.size += len(content)
        self._held.append(content)
        self._held_bytes += len(content)
        if self._held_bytes >= _AT_ONCE:
            await self._flush()

    async def close(self) -> None:
        """End writing. Safe to repeat."""
        try:
            if not self._file.closed:
                await self._flush()
        finally:
            self._file.close()

    async def _flush(self) -> None:
        content, self._held, self._held_bytes = b"".join(self._held), [], 0
        try:
            await asyncio.to_thread(self._write, content)
        except (OSError, ValueError) as error:
            raise StorageError(f"the file {self.path} cannot be written: {error}") from error

    def _write(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[self._file.write(view) :]


def _names(path: str) -> list[str]:
    """Return the names of a path, or raise `Permanent` for one that could lead elsewhere."""
    names = path.split("/")
    if len(names) > MAX_DEPTH:
        raise _refused(path, f"has more than {MAX_DEPTH} parts")
    for name in names:
        if name in {"", ".", ".."}:
            raise _refused(path, "has a part that is no name: paths are relative, as `a/b.txt`")
        if not name.isprintable() or "\\" in name:
            raise _refused(path, "has characters that no name may have")
        if len(os.fsencode(name)) > MAX_NAME_BYTES:
            raise _refused(path, f"has a name of more than {MAX_NAME_BYTES} bytes")
    return names


def _refused(path: str, why: str) -> Permanent:
    return Permanent(f"the path {path[:80]!r} {why}", code="bad-parameter")


def _check_plain(handle: int, path: str) -> None:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise _refused(path, "is no plain file of this execution")


def _translated(error: OSError, path: str) -> Exception:
    if isinstance(error, FileNotFoundError):
        return Permanent(f"there is no file {path[:80]!r} in this execution", code="bad-data")
    if isinstance(error, FileExistsError):
        return Permanent(f"the file {path[:80]!r} is there already", code="bad-data")
    if isinstance(error, NotADirectoryError | IsADirectoryError) or error.errno == errno.ELOOP:
        return _refused(path, "leads through what is no folder, or is one")
    return StorageError(f"the file {path[:80]!r} cannot be used: {error.strerror}")


def _check_private(root: Path) -> None:
    found = root.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not is_ours or stat.S_IMODE(found.st_mode) & 0o077:
        raise StateError(
            f"{root} is not a folder of this user alone: remove it, or name another by ALUR_FILES"
        )


def _is_left(lock: Path) -> bool:
    """Whether the process of a folder is gone: nobody holds its lock."""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        # Made a moment ago and not locked yet? Then its folder is not there either.
        return lock.with_name(lock.name.removesuffix(_LOCK)).is_dir()
    finally:
        os.close(handle)
