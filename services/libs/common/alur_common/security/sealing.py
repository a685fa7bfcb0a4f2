"""Secrets at rest: envelope encryption with AES-256-GCM (NIST SP 800-38D).

Each secret has a data key of its own, which a key encryption key wraps; both are bound to what they belong to by the
associated data, so that a ciphertext moved to another tenant, credential or version does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alur_common.security.wrapping import (
    KeyWrapper,
    SealError,
    Wrapped,
    cipher,
    decrypt,
    encrypt,
)

__all__ = ["SealError", "Sealed", "Sealer"]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed secret: which key wrapped the data key, and both ciphertexts."""

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
    """Seals under the key in use, opens under any that is not retired."""

    def __init__(self, keys: KeyWrapper) -> None:
        self.keys = keys

    async def seal(self, fields: Mapping[str, str], *binding: str) -> Sealed:
        """Return the fields sealed and bound to these parts (tenant, credential, version …)."""
        data_key = os.urandom(32)
        content = encrypt(
            cipher(data_key), orjson.dumps(dict(fields)), _associated("data", binding)
        )
        wrapped = await self.keys.wrap(data_key, _associated("key", binding))
        return Sealed(wrapped.key_id, wrapped.content, content)

    async def unseal(self, sealed: Sealed, *binding: str) -> dict[str, str]:
        """Return the fields, or raise `SealError`."""
        data_key = await self._unwrap(sealed, binding)
        content = decrypt(cipher(data_key), sealed.content, _associated("data", binding))
        fields: dict[str, str] = orjson.loads(content)
        return fields

    async def is_current(self, sealed: Sealed) -> bool:
        """Whether the key in use wrapped it."""
        return sealed.key_id == await self.keys.current()

    async def rewrap(self, sealed: Sealed, *binding: str) -> Sealed:
        """Return it under the key in use; the secret itself is not opened."""
        data_key = await self._unwrap(sealed, binding)
        wrapped = await self.keys.wrap(data_key, _associated("key", binding))
        return Sealed(wrapped.key_id, wrapped.content, sealed.content)

    async def _unwrap(self, sealed: Sealed, binding: Sequence[str]) -> bytes:
        wrapped = Wrapped(sealed.key_id, sealed.wrapped)
        return await self.keys.unwrap(wrapped, _associated("key", binding))


def _associated(purpose: str, binding: Sequence[str]) -> bytes:
    """Join the parts by their lengths, so that ("a", "bc") and ("ab", "c") differ."""
    parts = [part.encode() for part in (purpose, *binding)]
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)
