"""Who wraps data keys: the master keys of a file or of the environment, or a key service outside."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from alur_common.security.keys import add_key, drop_key, load_keys
from alur_sdk.errors import AlurError, StateError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealError(AlurError):
    """A sealed secret does not open: altered, moved from where it belongs, or its master key is missing."""

    code = "sealed"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as a key encryption key wrapped it, and the id of that key."""

    key_id: str
    content: bytes


class KeyWrapper(Protocol):
    """Holds key encryption keys: the newest wraps, all that are not retired unwrap.

    Whoever has one may be one of many processes; a key that one of them adds is seen by all.
    """

    async def current(self) -> str:
        """Return the id of the key in use."""

    async def wrap(self, data_key: bytes, associated: bytes) -> Wrapped:
        """Wrap a data key under the key in use, bound to the associated data."""

    async def unwrap(self, wrapped: Wrapped, associated: bytes) -> bytes:
        """Return the data key, or raise `SealError`; `UnavailableError` when the keys are out of reach."""

    def owns(self, key_id: str) -> bool:
        """Whether an id is of the kind that this wrapper gives."""

    async def key_ids(self) -> list[str]:
        """Return the ids of all keys that unwrap, the one in use first."""

    async def renew(self) -> str:
        """Make a new key, in use from now on, and return its id. Raises `StateError` where that is for others to do."""

    async def retire(self, key_id: str, needed: Collection[str]) -> None:
        """Forget a key that is not in use. Raises `StateError` when one that is needed would go with it."""


class MasterKeys:
    """`KeyWrapper` by AES-256-GCM with keys of 32 bytes: from a file that is read again when it changes, or given.

    Where something else wraps (`only_opens`), no file is made, and its last key may be retired.
    """

    def __init__(self, path: Path, given: str | None = None, *, only_opens: bool = False) -> None:
        self._path = path
        self._given = given
        self._only_opens = only_opens
        self._read_at: tuple[int, ...] = ()
        self._ids: list[str] = []
        # Never forgotten while the process lives: what was read before a key was retired still opens.
        self._keys: dict[str, bytes] = {}
        if given:
            self._know(load_keys(path, given))
        self._refresh()

    async def current(self) -> str:
        return self._newest()

    async def wrap(self, data_key: bytes, associated: bytes) -> Wrapped:
        key_id = self._newest()
        return Wrapped(key_id, encrypt(cipher(self._keys[key_id]), data_key, associated))

    async def unwrap(self, wrapped: Wrapped, associated: bytes) -> bytes:
        if wrapped.key_id not in self._keys:
            self._refresh()
        known = self._keys.get(wrapped.key_id)
        if known is None:
            place = "`ALUR_MASTER_KEY`" if self._given else str(self._path)
            raise SealError(
                f"the master key {wrapped.key_id} that sealed this is missing: "
                f"put it back into {place} from a backup, or set the credential again"
            )
        return decrypt(cipher(known), wrapped.content, associated)

    def owns(self, key_id: str) -> bool:
        return ":" not in key_id

    async def key_ids(self) -> list[str]:
        self._refresh()
        return list(self._ids)

    async def renew(self) -> str:
        self._check_ours("a new master key")
        self._newest()
        add_key(self._path)
        return self._newest()

    async def retire(self, key_id: str, needed: Collection[str]) -> None:
        self._check_ours("the end of a master key")
        if key_id in needed or (not self._only_opens and key_id == self._newest()):
            raise StateError(f"the master key {key_id} is in use: run `alur keys rotate` first")
        drop_key(self._path, lambda key: _key_id(key) == key_id)
        self._refresh()

    def _check_ours(self, what: str) -> None:
        if self._given:
            raise StateError(
                f"{what} is set where `ALUR_MASTER_KEY` is: name the new key behind the others and restart "
                "each registry, then name it first and restart them again, then run `alur keys rotate`"
            )

    def _newest(self) -> str:
        self._refresh()
        return self._ids[0]

    def _refresh(self) -> None:
        """Read the file again if it is another than before; it is made when there is none."""
        stamp = () if self._given else _stamp(self._path)
        if self._given or (stamp and stamp == self._read_at):
            return
        keys = load_keys(self._path) if stamp or not self._only_opens else []
        self._read_at = stamp
        self._know(keys)

    def _know(self, keys: Sequence[bytes]) -> None:
        self._ids = [_key_id(key) for key in keys]
        self._keys.update(zip(self._ids, keys, strict=True))


class KeyRing:
    """`KeyWrapper` of several: the first wraps, the others still unwrap what they wrapped before it came."""

    def __init__(self, first: KeyWrapper, *others: KeyWrapper) -> None:
        self._first = first
        self._all = (first, *others)
        self.current = first.current
        self.wrap = first.wrap
        self.renew = first.renew

    async def unwrap(self, wrapped: Wrapped, associated: bytes) -> bytes:
        return await self._owner(wrapped.key_id).unwrap(wrapped, associated)

    def owns(self, key_id: str) -> bool:
        return any(one.owns(key_id) for one in self._all)

    async def key_ids(self) -> list[str]:
        return [key_id for one in self._all for key_id in await one.key_ids()]

    async def retire(self, key_id: str, needed: Collection[str]) -> None:
        await self._owner(key_id).retire(key_id, needed)

    def _owner(self, key_id: str) -> KeyWrapper:
        for one in self._all:
            if one.owns(key_id):
                return one
        raise SealError(
            f"the key {key_id} that sealed this is of a key service that is not set here: "
            "set the one that made it, or set the credential again"
        )


def cipher(key: bytes) -> AESGCM:
    """Return AES-256-GCM under a key of 32 bytes."""
    # A start without credentials needs none of it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (40 ms)

    return AESGCM(key)


def encrypt(under: AESGCM, content: bytes, associated: bytes) -> bytes:
    """Return the nonce and what the content is encrypted to."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + under.encrypt(nonce, content, associated)


def decrypt(under: AESGCM, content: bytes, associated: bytes) -> bytes:
    """Return what `encrypt` was given, or raise `SealError`."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (loaded with the cipher)

    try:
        return under.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], associated)
    except (InvalidTag, ValueError) as error:
        raise SealError(
            "a sealed secret does not open here: it was altered, or belongs to another credential"
        ) from error


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"alur master key" + key).hexdigest()[:16]


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size)
