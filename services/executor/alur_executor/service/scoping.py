"""What the expressions of a node run see."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from alur_common.executions import Execution
from alur_engine.expressions import Scope
from alur_engine.state import Run, State
from alur_engine.views import ItemsView, shown, view_of_node
from alur_executor.domain.programs import Program, Step
from alur_executor.service.context import RunContext
from alur_sdk.instants import rfc3339
from alur_sdk.items import Item, Json


class Surroundings:
    """What stays the same for all node runs of an execution while it is in memory."""

    def __init__(self, execution: Execution, program: Program, state: State) -> None:
        self.execution: dict[str, Any] = {}
        if "$execution" in program.mentions:
            self.execution = {
                "id": execution.id,
                "mode": execution.mode,
                "startedAt": rfc3339(execution.accepted_at),
            }
        self.program = program
        self.state = state
        self.variables: dict[str, str] = {}
        self.environment: dict[str, Any] = {}
        self.random: Callable[[], float] | None = None

        self.trigger = self._first_json()
        """The JSON of the first item that came with the start."""

    def _first_json(self) -> Json:
        for index in self.state.entry.starts:
            run = self.state.root.runs[index]
            items = run.outputs.get("main") if run.node.is_trigger else run.items_of()
            return items[0].json if items else None
        return None


class ItemScopes:
    """Makes the scope of each item of one node run; one scope serves all items in turn."""

    __slots__ = ("_context", "_sees_more", "items", "most", "scope")

    def __init__(
        self,
        surroundings: Surroundings,
        step: Step,
        run: Run,
        items: list[Item],
        context: RunContext,
    ) -> None:
        self._context = context
        self.items = items
        self.most = surroundings.state.limits.items
        """So many items may come of them."""
        binding = step.binding
        self._sees_more = binding is not None and binding.mentions_input
        program = surroundings.program
        self.scope = Scope(
            items=[shown(item) for item in items] if self._sees_more else (),
            run_index=run.frame.turn,
            vars=surroundings.variables,
            env=surroundings.environment,
            execution=surroundings.execution,
            workflow=program.workflow,
            trigger=surroundings.trigger,
            now_ms=int(context.now * 1000),
            time_zone=program.settings.time_zone,
            node=partial(view_of_node, surroundings.state, run),
            input=ItemsView(items, items[0] if items else None),
            random=surroundings.random,
        )

    def at(self, index: int) -> Scope:
        """Return the scope, set to this item."""
        scope = self.scope
        if index < len(self.items):
            item = self.items[index]
            scope.json = item.json
            scope.binary = item.binary
            if self._sees_more:
                scope.item = shown(item)
                scope.input = ItemsView(self.items, item)
        else:
            scope.json = {}
        scope.index = index
        if self._sees_more:
            self._context.index = index
            scope.run = self._context.shown()
        return scope
