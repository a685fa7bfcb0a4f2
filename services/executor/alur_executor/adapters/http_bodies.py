"""Undo the compression of an answer, within its limit."""

from __future__ import annotations

import zlib

from alur_sdk.errors import ByteLimitError, Permanent

ACCEPTED = "gzip, deflate"
MAX_LAYERS = 3
_GZIP, _ZLIB, _RAW = 31, 15, -15
_FORM = 0x0F
_ZLIB_FORM = 8


def decoded(content: bytes, encodings: str, max_bytes: int) -> bytes:
    """Return the content without its encodings (RFC 9110, section 8.4).

    Raises `ByteLimitError` before more than `max_bytes` are made of it, and `Permanent` for content
    that is broken or in an encoding that was not asked for.
    """
    names = [name.strip().lower() for name in encodings.split(",") if name.strip()]
    if len(names) > MAX_LAYERS:
        raise Permanent(f"the answer is encoded {len(names)} times", code="bad-answer")
    for name in reversed(names):
        if content and name != "identity":
            content = _inflated(content, _window(name, content), max_bytes)
    return content


def _window(name: str, content: bytes) -> int:
    if name in ("gzip", "x-gzip"):
        return _GZIP
    if name == "deflate":
        # Meant is zlib's format; some servers send the bare stream.
        return _ZLIB if content[0] & _FORM == _ZLIB_FORM else _RAW
    raise Permanent(
        f"the answer is encoded as {name[:40]!r}, which was not asked for", code="bad-answer"
    )


def _inflated(content: bytes, window: int, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    left = max_bytes
    # A gzip file may have several members, one after the other (RFC 1952).
    while content:
        stream = zlib.decompressobj(window)
        try:
            part = stream.decompress(content, left + 1)
        except zlib.error as error:
            raise Permanent(
                f"the answer's compression is broken: {error}", code="bad-answer"
            ) from error
        left -= len(part)
        if left < 0:
            raise ByteLimitError(f"the answer unpacks to more than {max_bytes} bytes")
        if not stream.eof:
            raise Permanent("the answer's compression breaks off", code="bad-answer")
        parts.append(part)
        content = stream.unused_data if window == _GZIP else b""
    return b"".join(parts)
