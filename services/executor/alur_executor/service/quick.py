"""The quick path: synchronous nodes without effect, run at once and in the session itself.

Most node runs are of this kind, so what they need is made once for a session and set anew for each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from alur_common.clock import Clock
from alur_engine.expressions import Scope
from alur_engine.journal import Finished
from alur_engine.state import Limits, Run
from alur_engine.views import ItemsView, shown, view_of_node
from alur_executor.domain.programs import Step
from alur_executor.service.context import RunContext
from alur_executor.service.scoping import Surroundings
from alur_sdk.errors import ItemLimitError
from alur_sdk.items import Item, Outputs, Sent
from alur_sdk.nodes import Emitted, Params

SLICE_SECONDS = 0.005
"""How long an execution may keep the event loop before others get their turn."""
FEW = 4
"""From so many items on, one object for the parameters of all is worth its making."""


class _TooLongError(Exception):
    """Others would wait for the rest of the items."""


class QuickRuns:
    """Runs synchronous item nodes over all their items; anything that goes wrong, or takes long, is left to the full path."""

    __slots__ = ("_clock", "_context", "_given_up", "_scope", "_state", "_time")

    def __init__(self, surroundings: Surroundings, context: RunContext, clock: Clock) -> None:
        self._clock = clock
        self._state = surroundings.state
        self._context = context
        self._given_up: Run | None = None
        self._time = asyncio.get_running_loop().time
        program = surroundings.program
        self._scope = Scope(
            vars=surroundings.variables,
            env=surroundings.environment,
            execution=surroundings.execution,
            workflow=program.workflow,
            trigger=surroundings.trigger,
            time_zone=program.settings.time_zone,
            random=surroundings.random,
        )

    def run(self, step: Step, run: Run, now: float) -> Finished | None:
        """Return how the run ended, or None when something failed or takes long: then the full path runs it from the start."""
        if self._given_up is run:
            return None
        items = run.items_of()
        try:
            outputs = self._outputs(step, run, items, now)
        except Exception:  # noqa: BLE001 nothing has happened yet; the full path tells what fails
            self._given_up = run
            return None
        return Finished(
            run.node.name, run.frame.path, run.attempt + 1, now, self._clock.now(), outputs
        )

    def _outputs(self, step: Step, run: Run, items: list[Item], now: float) -> Outputs:
        scope, context = self._scope, self._context
        scope.node = partial(view_of_node, self._state, run)
        context.begin(step, run, now)
        scope.now_ms = int(now * 1000)
        scope.run_index = run.frame.turn
        binding, run_item, first = step.binding, step.run_item, step.first_port
        assert binding is not None  # noqa: S101 quick steps have both
        assert run_item is not None  # noqa: S101 the same
        params = binding.constant
        bind = binding.bind if len(items) < FEW else binding.for_many()
        if binding.mentions_input:
            scope.items = [shown(item) for item in items]
            bind = partial(self._bind_seeing, bind, items)
        main: list[Item] = []
        outputs: Outputs = {first: main}
        bound = params
        until = self._time() + SLICE_SECONDS
        for index, item in enumerate(items):
            if params is None:
                if self._time() > until:
                    raise _TooLongError
                scope.json = item.json
                scope.binary = item.binary
                scope.index = index
                bound = bind(scope)
            context.index = index
            emitted = run_item(bound, item, context)
            kind = type(emitted)
            if kind is Item:
                main.append(_from(emitted, item, index))
            elif kind is Sent:
                port, sent = emitted
                outputs.setdefault(port, []).append(_from(sent, item, index))
            elif emitted is not None:
                _add(outputs, first, emitted, (item, index), self._state.limits)
        return outputs

    def _bind_seeing(
        self, bind: Callable[[Scope], Params], items: list[Item], scope: Scope
    ) -> Params:
        """Return the parameters for an item whose expressions see more of the input than its JSON."""
        index, context = scope.index, self._context
        scope.item = shown(items[index])
        scope.input = ItemsView(items, items[index])
        context.index = index
        scope.run = context.shown()
        return bind(scope)


def _from(made: Item, item: Item, index: int) -> Item:
    """Return what a node made, with the item it was made from as its source. What it made is the runner's now."""
    if made is item:
        return Item(made.json, made.binary, index)
    if made.source is None:
        made.source = index
    return made


def _add(
    outputs: Outputs, first: str, emitted: Emitted, origin: tuple[Item, int], limits: Limits
) -> None:
    """Add several items that a node made of one; raises `ItemLimitError` when there are too many by now."""
    several = [emitted] if isinstance(emitted, (Item, Sent)) else emitted or ()
    for one in several:
        port, made = (one.port, one.item) if isinstance(one, Sent) else (first, one)
        outputs.setdefault(port, []).append(_from(made, *origin))
    if sum(map(len, outputs.values())) > limits.items:
        raise ItemLimitError(f"more than {limits.items} items", limit=limits.items)
