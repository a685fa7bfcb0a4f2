"""The editor's static files. Only what a listing of their folder found is served, so no path leads elsewhere."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from alur_gateway.adapters.asgi import Scope, header_of
from alur_gateway.domain.answers import NOSNIFF, Answer, Header

EDITOR_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Inline styles are what React sets on elements; scripts come from files only."""
_COMMON: tuple[Header, ...] = (
    NOSNIFF,
    (b"content-security-policy", EDITOR_POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN = (b"cache-control", b"no-cache")
_MISSING = (
    b"<!doctype html><meta charset=utf-8><title>Alur</title><p>The editor is not built here. "
    b"Run <code>make install</code>, or use <a href=/api/docs>the API</a>."
)


class Files:
    """Serves a folder: hashed names for ever, `index.html` for every address of the editor itself.

    A folder that was built anew is listed again, so that the page and the names in it always fit together.
    """

    def __init__(self, folder: Path | None, more: Iterable[tuple[str, Path]] = ()) -> None:
        self._more = dict(more)
        self._files = self._more
        self._root = folder.resolve() if folder is not None else None
        self._listed: tuple[int, ...] = ()
        self._list_anew()

    async def answer(self, scope: Scope) -> Answer | None:
        """Return the file at this path, the editor's page for its own addresses, or None."""
        path: str = scope["path"]
        if path == "/" or path not in self._files:
            await asyncio.to_thread(self._list_anew)
        file = self._files.get("/index.html" if path == "/" else path)
        if file is None and _is_page(path):
            file = self._files.get("/index.html")
        answer = None if file is None else await self._read(scope, path, file)
        return _page(_MISSING) if answer is None and path == "/" else answer

    def _list_anew(self) -> None:
        """List the folder where something in it has changed: a build replaces the page and adds names below `assets`."""
        root = self._root
        if root is None:
            return
        now = tuple(_changed_at(root / name) for name in ("", "index.html", "assets"))
        if now == self._listed:
            return
        found = [path for path in sorted(root.rglob("*")) if path.is_file()]
        inside = [path for path in found if path.resolve().is_relative_to(root)]
        names = {"/" + path.relative_to(root).as_posix(): path for path in inside}
        self._files, self._listed = self._more | names, now

    async def _read(self, scope: Scope, path: str, file: Path) -> Answer | None:
        try:
            content = await asyncio.to_thread(file.read_bytes)
        except FileNotFoundError:  # it is being built anew
            return None
        tag = f'"{sha256(content).hexdigest()[:32]}"'.encode()
        is_hashed = path.startswith("/assets/")
        headers = [*_COMMON, (b"etag", tag), _FOREVER if is_hashed else _ASK_AGAIN]
        if header_of(scope, b"if-none-match") == tag:
            return Answer(304, headers)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/") or kind.endswith(("javascript", "json")):
            kind += "; charset=utf-8"
        return Answer(200, [*headers, (b"content-type", kind.encode())], content)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # not there, or not yet
        return 0


def _is_page(path: str) -> bool:
    """Whether the editor's router may know the address: it has no file ending and is nothing of ours."""
    return "." not in path.rpartition("/")[2] and not path.startswith(("/api/", "/hooks/"))


def _page(content: bytes) -> Answer:
    headers = [*_COMMON, _ASK_AGAIN, (b"content-type", b"text/html; charset=utf-8")]
    return Answer(200, headers, content)
