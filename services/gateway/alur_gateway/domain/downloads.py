"""How a file that came from outside is handed out: to be kept, never to be shown or run here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_PART = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(f"{_PART}/{_PART}")
_MAX_NAME = 255


def download_headers(file: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a file `{blob, size, mediaType, fileName?}`.

    A browser keeps it under its name (RFC 6266), guesses no type, and would show it as content of an origin of its own.
    """
    return {
        "content-type": _media_type(file.get("mediaType")),
        "content-length": str(file["size"]),
        "content-disposition": f"attachment; filename*=utf-8''{quote(file_name(file), safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        "etag": f'"{file["blob"]}"',
    }


def file_name(file: Mapping[str, Any]) -> str:
    """Return the name to keep a file under: no folder, nothing that is not seen; without one, its item's name for it."""
    for given in (file.get("fileName"), file.get("name")):
        last = re.split(r"[/\\]", given if isinstance(given, str) else "")[-1]
        name = "".join(letter for letter in last if letter.isprintable()).strip(". ")
        if name:
            return name[:_MAX_NAME]
    return "file"


def _media_type(given: object) -> str:
    if isinstance(given, str) and _MEDIA_TYPE.fullmatch(given):
        return given
    return "application/octet-stream"
