"""The registry of a gateway that has none: everything is unavailable, and says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

from alur_sdk.errors import UnavailableError


class AbsentRegistry:
    """Stands where a registry would, so that a lonely gateway answers 503 and not 404 or 401."""

    def find_hook(self, hook_id: str) -> NoReturn:
        """Raise `UnavailableError`: whether there is such a webhook, nobody here knows."""
        raise UnavailableError("the registry is out of reach", hook=len(hook_id))

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def unavailable(*_: object, **__: object) -> object:
            raise UnavailableError("the registry is out of reach", call=name)

        return unavailable
