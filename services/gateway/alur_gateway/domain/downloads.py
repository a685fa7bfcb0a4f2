"""How a file that came from outside is handed out: to be kept, never to be shown or run here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from alur_sdk.files import plain_file_name

_PART = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(f"{_PART}/{_PART}")


def download_headers(file: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a file `{blob, size, mediaType, fileName?}`.

    A browser keeps it under its name (RFC 6266), guesses no type, and would show it as content of an origin of its own.
    """
    name = plain_file_name(file.get("fileName")) or plain_file_name(file.get("name")) or "file"
    return {
        "content-type": _media_type(file.get("mediaType")),
        "content-length": str(file["size"]),
        "content-disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        "etag": f'"{file["blob"]}"',
    }


def _media_type(given: object) -> str:
    if isinstance(given, str) and _MEDIA_TYPE.fullmatch(given):
        return given
    return "application/octet-stream"
