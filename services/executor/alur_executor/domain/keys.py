"""Idempotency keys: the same on every attempt, whatever died in between."""

from __future__ import annotations

import base64
import hashlib


def idempotency_key(execution: str, node: str, path: str, item: int, call: int) -> str:
    """Return the key of one call for one item: 32 characters of base32 over a SHA-256."""
    source = f"{execution}\n{node}\n{path}\n{item}\n{call}".encode()
    return base64.b32encode(hashlib.sha256(source).digest()[:20]).decode().lower()
