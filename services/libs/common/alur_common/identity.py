"""Ids that follow from where a start came from, so that a duplicate is the same id."""

from __future__ import annotations

import hashlib

_VERSION_AT, _DERIVED = 14, "8"
"""Where the version of a UUID stands, and that of ids that follow from a source."""


def derived_id(*source: str) -> str:
    """Return a UUIDv8 (RFC 9562, section 5.8) made of a SHA-256 over the parts of the source.

    Parts are joined by their lengths, so that ("a", "bc") and ("ab", "c") differ.
    """
    digest = hashlib.sha256(b"".join(f"{len(part)}:{part}".encode() for part in source)).digest()
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | (0x8 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_derived(execution_id: str) -> bool:
    """Whether an id follows from a source, and so may come again."""
    return execution_id[_VERSION_AT : _VERSION_AT + 1] == _DERIVED
