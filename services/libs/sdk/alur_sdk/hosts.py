"""To which hosts a credential may be sent."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::[0-9]{1,5})?(?:[/?#]|\Z)", re.IGNORECASE
)
"""An address without user, backslash, brackets or other scripts."""


def plain_host(url: str) -> str:
    """Return the host of an address of the plainest form, which no two programs read differently; empty for any other."""
    plain = _PLAIN.match(url)
    return plain[1].lower() if plain else ""


def is_within(host: str, domains: Sequence[str]) -> bool:
    """Whether a host is one of these, or below one that begins with `*.`."""
    return any(
        host.endswith(domain[1:]) if domain.startswith("*.") else host == domain
        for domain in domains
    )
