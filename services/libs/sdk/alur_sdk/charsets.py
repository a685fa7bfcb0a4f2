"""Which character sets are read of what comes from outside."""

from __future__ import annotations

import codecs
from typing import Final

_REFUSED: Final = frozenset(
    {"idna", "punycode", "utf-7", "unicode-escape", "raw-unicode-escape", "undefined"}
)
"""The first two take time by the square of the length, so that a megabyte would hold a process for a minute; in none of the
others do people send text."""


def codec_of(charset: str) -> str | None:
    """Return Python's name for the codec of a character set, or `None` for one that is not known or not read.

    Python's registry also holds codecs that unpack archives or transform text: they are not read either.
    """
    try:
        codec = codecs.lookup(charset)
    except (LookupError, ValueError):
        return None
    is_text = codec._is_text_encoding  # noqa: SLF001  # no public name tells text encodings apart
    return codec.name if is_text and codec.name not in _REFUSED else None
