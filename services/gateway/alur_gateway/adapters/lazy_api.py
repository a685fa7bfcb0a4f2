"""The REST interface, loaded when it is first asked for: its framework takes its time."""

from __future__ import annotations

import asyncio
import importlib
from typing import Protocol

from alur_gateway.adapters.asgi import App
from alur_gateway.service.use_cases import UseCases


class _Rest(Protocol):
    """The package `adapters.rest`."""

    def create(self, use_cases: UseCases, *, max_document_bytes: int, secure: bool) -> App: ...


class LazyApi:
    """Loads the interface once, off the event loop."""

    def __init__(self, use_cases: UseCases, *, max_document_bytes: int, secure: bool) -> None:
        self._use_cases = use_cases
        self._max_document_bytes = max_document_bytes
        self._secure = secure
        self._loading: asyncio.Task[App] | None = None

    async def __call__(self) -> App:
        """Return the application; whoever asks while it loads waits for the same."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        return await asyncio.shield(self._loading)

    def _load(self) -> App:
        rest: _Rest = importlib.import_module("alur_gateway.adapters.rest")
        return rest.create(
            self._use_cases, max_document_bytes=self._max_document_bytes, secure=self._secure
        )
