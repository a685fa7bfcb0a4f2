"""Code of users: from a node run into the jail, and what it may ask for from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from alur_engine.expressions import Scope, helped
from alur_engine.views import shown
from alur_executor.ports import Jail
from alur_jail import Ears, RunLimits
from alur_sdk.errors import Permanent
from alur_sdk.items import Json
from alur_sdk.nodes import CodeJob

_PARTS: Final = ("first", "last", "all")


class Coding:
    """`CodeRunner` for one node run."""

    __slots__ = ("_answers", "_jail", "_log", "_tenant")

    def __init__(
        self, jail: Jail, tenant: str, answers: Answers, log: Callable[[str], None]
    ) -> None:
        self._jail = jail
        self._tenant = tenant
        self._answers = answers
        self._log = log

    async def run(self, job: CodeJob) -> Json:
        scope = self._answers.at(0)
        request = {
            "mode": job.mode,
            "code": job.code,
            "script": helped(job.code) if job.language == "javascript" else job.code,
            "items": [shown(item) for item in job.items],
            "now_ms": scope.now_ms,
            "time_zone": scope.time_zone,
        }
        limits = RunLimits(job.seconds, job.memory)
        ears = Ears(self._answers, self._log)
        return await self._jail.run(self._tenant, f"{job.language}_code", request, limits, ears)


class Answers:
    """Answers what a runner asks: the names that its code uses, for the item at an index."""

    __slots__ = ("_run", "at")

    def __init__(self, at: Callable[[int], Scope], run: Callable[[int], Json]) -> None:
        """Scopes come from `at`, and what `$run` is for an item from `run`."""
        self.at = at
        self._run = run

    def __call__(self, what: str, details: Mapping[str, Any]) -> Json:
        """Return the value; raises `ExpressionError` for a node that is not there."""
        index = details.get("index")
        scope = self.at(index if isinstance(index, int) and index >= 0 else 0)
        if what == "node":
            view = scope.node(str(details.get("name")), scope.index)
            part = details.get("part")
            return getattr(view, part)() if part in _PARTS else view.item
        if what == "run":
            return self._run(scope.index)
        read = _ROOTS.get(what)
        if read is None:
            raise Permanent(f"code cannot ask for {what[:40]!r}")
        return read(scope)


_ROOTS: Final[Mapping[str, Callable[[Scope], Json]]] = {
    "vars": lambda scope: scope.vars,
    "env": lambda scope: scope.env,
    "execution": lambda scope: scope.execution,
    "workflow": lambda scope: scope.workflow,
    "trigger": lambda scope: scope.trigger,
    "runIndex": lambda scope: scope.run_index,
}
