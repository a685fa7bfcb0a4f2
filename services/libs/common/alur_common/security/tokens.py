"""API tokens and other bearer secrets: random, and kept as a hash only."""

from __future__ import annotations

import hashlib
import re

TOKEN_PREFIX = "alur_pat_"  # noqa: S105  (a mark for secret scanners, no secret)
_TOKEN = re.compile(r"alur_pat_[0-9a-f]{64}")


def token_text(secret: str) -> str:
    """Return the token as people copy it, of 32 random bytes in hex."""
    return TOKEN_PREFIX + secret


def is_token(text: str) -> bool:
    """Whether the text has the shape of a token; whether it is one only the store knows."""
    return _TOKEN.fullmatch(text) is not None


def secret_hash(secret: str) -> str:
    """Return the SHA-256 in hex; enough for 256 random bits, which nobody can guess through."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
