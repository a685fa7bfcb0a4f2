"""What a keeper of runs speaks to, as tests want it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from alur_operator.ports import Alur, Cluster
from alur_operator.service.runs import RunKeeper
from alur_sdk.errors import AlurError, NotFoundError
from tests.unit.operator.objects import Object

NOON = 1_767_268_800.0


class Outside:
    """Alur and the cluster: what a key holds, what a start comes to, and what the cluster was told."""

    def __init__(self, *, text: str = "{}", refuses: AlurError | None = None) -> None:
        self.text, self.refuses = text, refuses
        self.object: Object | None = None
        self.execution: Object | None = None
        self.has, self.cancelled = False, 0
        self.events: list[str] = []
        self.told: asyncio.Future[Object] = asyncio.get_running_loop().create_future()

    async def read_key(self, _plural: str, _namespace: str, _name: str, _key: str) -> str:
        return self.text

    async def start(self, _wish: object, *, wait_seconds: float) -> Object:
        assert wait_seconds
        if self.refuses or self.execution is None:
            raise self.refuses or AssertionError("nothing is started")
        return self.execution

    async def find_execution(self, _namespace: str, _execution: str) -> Object | None:
        return self.execution

    async def find_object(self, plural: str, _namespace: str, name: str) -> Object | None:
        assert (plural, name) == ("workflows", "greet")
        return self.object

    async def patch_status(self, _plural: str, _namespace: str, _name: str, told: Object) -> None:
        self.told.set_result(told)

    async def derived_execution(self, _wish: object) -> str:
        return "e-1"

    async def cancel(self, _namespace: str, _execution: str, _reason: str) -> bool:
        if self.refuses:
            raise self.refuses
        self.cancelled += 1
        return self.has

    def tell(
        self, body: Mapping[str, Any], *, reason: str, message: str, warning: bool = False
    ) -> None:
        assert body
        assert message
        assert warning
        self.events.append(reason)


def keeper(outside: Outside, *moments: float) -> RunKeeper:
    """Return one that began at the first of these moments; the last one goes on."""
    times = [*moments] or [NOON]
    return keeper_by(outside, lambda: times.pop(0) if len(times) > 1 else times[0])


def keeper_by(outside: Outside, now: Callable[[], float]) -> RunKeeper:
    """Return one that goes by this clock."""
    alur, cluster = cast(Alur, outside), cast(Cluster, outside)
    return RunKeeper(alur, cluster, outside.tell, now, cleanup_seconds=1)


def reasons(told: Object) -> dict[str, tuple[str, str]]:
    """Return, for each condition, its status and why."""
    return {c["type"]: (c["status"], c["reason"]) for c in told["conditions"]}


class Several(Outside):
    """An Alur that knows executions by their ids, of which one may follow from the run, and a cluster that keeps one run."""

    def __init__(self, *executions: Object, derived: str | None = None) -> None:
        super().__init__(refuses=NotFoundError("nothing is started here"))
        self.known = {each["id"]: each for each in executions}
        self.derived = derived
        self.ended: list[str] = []
        self.statuses: list[Object] = []
        self.outputs: list[object] = []
        self.deleted: list[str] = []
        self.is_key_there = True

    async def find_execution(self, _namespace: str, execution: str) -> Object | None:
        return self.known.get(execution)

    async def derived_execution(self, _wish: object) -> str:
        return cast(str, self.derived)

    async def cancel(self, _namespace: str, execution: str, reason: str) -> bool:
        if execution not in self.known:
            return False
        self.ended.append(execution)
        self.known[execution] |= {"reason": reason}
        return True

    async def read_key(self, plural: str, namespace: str, name: str, key: str) -> str:
        if not self.is_key_there:
            raise NotFoundError(f"{plural} {name} not found")
        return await super().read_key(plural, namespace, name, key)

    async def patch_status(self, _plural: str, _namespace: str, _name: str, told: Object) -> None:
        self.statuses.append(told)

    async def set_output(self, _namespace: str, _name: str, output: object) -> None:
        self.outputs.append(output)

    async def delete_run(self, _namespace: str, name: str, _uid: str) -> None:
        self.deleted.append(name)
