"""Secrets at rest: envelope encryption with AES-256-GCM (NIST SP 800-38D).

Each secret has a data key of its own, which the master key wraps; both are bound to what they belong to by the associated
data, so that a ciphertext moved to another tenant, credential or version does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from alur_sdk.errors import AlurError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealError(AlurError):
    """A sealed secret does not open: altered, moved from where it belongs, or its master key is missing."""

    code = "sealed"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed secret: which master key wrapped the data key, and both ciphertexts with their nonces before them."""

    key_id: str
    wrapped: bytes
    content: bytes

    def to_document(self) -> dict[str, str]:
        """Return it as JSON."""
        return {
            "keyId": self.key_id,
            "wrapped": base64.b64encode(self.wrapped).decode(),
            "content": base64.b64encode(self.content).decode(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Sealed:
        """Read what `to_document` made, or raise `SealError`."""
        try:
            wrapped = base64.b64decode(document["wrapped"], validate=True)
            content = base64.b64decode(document["content"], validate=True)
            return cls(str(document["keyId"]), wrapped, content)
        except (KeyError, TypeError, binascii.Error, ValueError) as error:
            raise SealError("a sealed secret is damaged") from error


class Sealer:
    """Seals with the first master key, opens with any of them. Keys have 32 bytes."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): key for key in keys}
        self._current = _key_id(keys[0])

    def seal(self, fields: Mapping[str, str], *binding: str) -> Sealed:
        """Return the fields sealed and bound to these parts (tenant, credential, version …)."""
        data_key = os.urandom(32)
        content = _encrypt(
            _cipher(data_key), orjson.dumps(dict(fields)), _associated("data", binding)
        )
        return Sealed(self._current, self._wrap(data_key, binding), content)

    def unseal(self, sealed: Sealed, *binding: str) -> dict[str, str]:
        """Return the fields, or raise `SealError`."""
        data_key = self._unwrap(sealed, binding)
        content = _decrypt(_cipher(data_key), sealed.content, _associated("data", binding))
        fields: dict[str, str] = orjson.loads(content)
        return fields

    def is_current(self, sealed: Sealed) -> bool:
        """Whether the master key in use wrapped it."""
        return sealed.key_id == self._current

    def rewrap(self, sealed: Sealed, *binding: str) -> Sealed:
        """Return it under the master key in use; the secret itself is not opened."""
        return Sealed(
            self._current, self._wrap(self._unwrap(sealed, binding), binding), sealed.content
        )

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        return {key_id: _cipher(key) for key_id, key in self._keys.items()}

    def _wrap(self, data_key: bytes, binding: Sequence[str]) -> bytes:
        return _encrypt(self._ciphers[self._current], data_key, _associated("key", binding))

    def _unwrap(self, sealed: Sealed, binding: Sequence[str]) -> bytes:
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise SealError(
                f"the master key {sealed.key_id} that sealed this is missing: "
                "restore `keys/master` from a backup, or set the credential again"
            )
        return _decrypt(cipher, sealed.wrapped, _associated("key", binding))


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"alur master key" + key).hexdigest()[:16]


def _cipher(key: bytes) -> AESGCM:
    # A start without credentials needs none of it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (40 ms)

    return AESGCM(key)


def _associated(purpose: str, binding: Sequence[str]) -> bytes:
    """Join the parts by their lengths, so that ("a", "bc") and ("ab", "c") differ."""
    parts = [part.encode() for part in (purpose, *binding)]
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)


def _encrypt(cipher: AESGCM, content: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, associated)


def _decrypt(cipher: AESGCM, content: bytes, associated: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  (loaded with the cipher)

    try:
        return cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], associated)
    except (InvalidTag, ValueError) as error:
        raise SealError(
            "a sealed secret does not open here: it was altered, or belongs to another credential"
        ) from error
