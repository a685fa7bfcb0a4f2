"""The namespaces that the operator may watch: one that is gone, with the Role in it, takes nothing from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from alur_common.telemetry import get_logger
from alur_sdk.errors import UnavailableError

LOOK_SECONDS = 60.0
_log = get_logger("alur.operator")


class Cluster(Protocol):
    """The part of the API that is asked."""

    async def may_list(self, namespace: str) -> bool:
        """Return whether our objects in a namespace may be listed. Raises `UnavailableError`."""


class Reach:
    """Which of the namespaces that are to be watched may be."""

    def __init__(self, cluster: Cluster, watched: Sequence[str]) -> None:
        self._cluster = cluster
        self._watched = watched

    async def namespaces(self) -> tuple[str, ...]:
        """Return those that may be watched, and tell of the others; all of them where it is none: then that is the trouble.

        Nothing watched is everything.
        """
        able = await self._able()
        for name in self._watched:
            if name not in able:
                _log.warning(
                    "namespace not watched", namespace=name, reason="we may not list its workflows"
                )
        return able or tuple(self._watched)

    async def until_changed(self, watching: Sequence[str]) -> None:
        """Raise `UnavailableError` once others may be watched than these are."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            able = await self._able()
            if able and set(able) != set(watching):
                raise UnavailableError(
                    f"the namespaces that may be watched are {', '.join(able)} now"
                )

    async def _able(self) -> tuple[str, ...]:
        return tuple([name for name in self._watched if await self._cluster.may_list(name)])
