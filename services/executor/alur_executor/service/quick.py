"""The quick path: synchronous nodes without effect, run at once and in the session itself.

Most node runs are of this kind, so what they need is made once for a session and set anew for each of them.
"""

from __future__ import annotations

from alur_engine.expressions import Scope
from alur_engine.journal import Finished
from alur_engine.state import Run
from alur_engine.views import ItemsView, shown, view_of_node
from alur_executor.domain.programs import Step
from alur_executor.service.context import RunContext
from alur_executor.service.scoping import Surroundings
from alur_sdk.items import Item, Outputs, Sent


class QuickRuns:
    """Runs synchronous item nodes over all their items; anything that goes wrong is left to the full path."""

    __slots__ = ("_context", "_reader", "_scope", "_surroundings")

    def __init__(self, surroundings: Surroundings, context: RunContext) -> None:
        self._surroundings = surroundings
        self._context = context
        self._reader: Run | None = None
        program = surroundings.program
        self._scope = Scope(
            vars=surroundings.variables,
            env=surroundings.environment,
            execution=surroundings.execution,
            workflow=program.workflow,
            trigger=surroundings.trigger,
            time_zone=program.settings.time_zone,
            node=self._view,
            random=surroundings.random,
        )

    def _view(self, name: str) -> ItemsView:
        assert self._reader is not None  # noqa: S101 set before any expression runs
        return view_of_node(self._surroundings.state, self._reader, self._scope.index, name)

    def run(self, step: Step, run: Run, now: float) -> Finished | None:
        """Return how the run ended, or None when something failed: then the full path runs it again."""
        items = run.items_of()
        try:
            outputs = self._outputs(step, run, items, now)
        except Exception:  # noqa: BLE001 nothing has happened yet; the full path tells what fails
            return None
        return Finished(run.node.name, run.frame.path, run.attempt + 1, now, now, outputs)

    def _outputs(self, step: Step, run: Run, items: list[Item], now: float) -> Outputs:
        scope, context = self._scope, self._context
        self._reader = run
        context.begin(step, run, now)
        scope.now_ms = now * 1000
        scope.run_index = run.frame.turn
        binding, run_item, first = step.binding, step.run_item, step.first_port
        assert binding is not None  # noqa: S101 quick steps have both
        assert run_item is not None  # noqa: S101 the same
        params, bind = binding.constant, binding.bind
        sees_more = binding.mentions_input
        if sees_more:
            scope.items = [shown(item) for item in items]
        main: list[Item] = []
        outputs: Outputs = {first: main}
        bound = params
        for index, item in enumerate(items):
            if params is None:
                scope.json = item.json
                scope.binary = item.binary
                scope.index = index
                if sees_more:
                    scope.item = shown(item)
                    scope.input = ItemsView(items, item)
                    context.index = index
                    scope.run = context.shown()
                bound = bind(scope)
            context.index = index
            emitted = run_item(bound, item, context)
            kind = type(emitted)
            if kind is Item:
                if emitted.source is None:
                    emitted = Item(emitted.json, emitted.binary, index)
                main.append(emitted)
            elif emitted is not None:
                _add(outputs, first, emitted, index)
        return outputs


def _add(outputs: Outputs, first: str, emitted: object, index: int) -> None:
    """Add what a node sent by other ports, or several items at once."""
    several = (emitted,) if isinstance(emitted, Sent) else emitted
    for one in several:  # type: ignore[attr-defined]  # an iterable, as the contract of a node says
        port, item = one if type(one) is Sent else (first, one)
        if item.source is None:
            item = Item(item.json, item.binary, index)
        if port in outputs:
            outputs[port].append(item)
        else:
            outputs[port] = [item]
