"""Which execution is a run's, once there is one."""

from __future__ import annotations

from typing import Any

from alur_operator.domain.status import is_of
from alur_operator.ports import Alur, Object
from alur_operator.service.inputs import bare_wish


class Begun:
    """Finds what a run began, by two ids: the one that follows from the run, and the one that its status names.

    The first cannot be forged, but the workflow's uid is in it: when the Workflow was deleted and applied again meanwhile,
    the status alone knows. Every method raises `AlurError` when Alur cannot be asked.
    """

    def __init__(self, alur: Alur) -> None:
        self._alur = alur

    async def find(self, body: Object) -> dict[str, Any] | None:
        """Return the execution of a run."""
        derived = await self._alur.derived_execution(bare_wish(body))
        for execution_id in dict.fromkeys((derived, named(body))):
            found = await self._find(body, execution_id)
            if found is not None and is_of(body, found):
                return found
        return None

    async def is_gone(self, body: Object) -> bool:
        """Whether Alur no longer has what the status names: the run must not begin once more."""
        return named(body) is not None and await self._find(body, named(body)) is None

    async def cancel(self, body: Object, reason: str) -> bool:
        """Cancel it, which makes no difference when it has ended; return whether there is one."""
        namespace, told = body["metadata"]["namespace"], named(body)
        derived = await self._alur.derived_execution(bare_wish(body))
        if derived and await self._alur.cancel(namespace, derived, reason):
            return True
        if told is None or told == derived:
            return False
        found = await self._find(body, told)
        if found is None or not is_of(body, found):
            return False
        return await self._alur.cancel(namespace, told, reason)

    async def _find(self, body: Object, execution_id: str | None) -> dict[str, Any] | None:
        namespace = body["metadata"]["namespace"]
        return await self._alur.find_execution(namespace, execution_id) if execution_id else None


def named(body: Object) -> str | None:
    """Return the id of the execution that the status of a run names."""
    return (body.get("status") or {}).get("executionId") or None
