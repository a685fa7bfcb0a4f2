"""What an expression sees of the execution around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from alur_engine.expressions.values import Json, NodeView, Value
from alur_sdk.errors import ExpressionError


def _no_node(name: str, index: int) -> NodeView:
    del index
    raise ExpressionError(f"Referenced node is unknown: '{name}'", kind="ReferenceError")


class _NoView:
    item = None

    def first(self) -> Json:
        return None

    def last(self) -> Json:
        return None

    def all(self) -> Sequence[Json]:
        return []


_EMPTY: Final[Mapping[str, Any]] = {}
_NO_VIEW: Final = _NoView()


class Scope:
    """What an expression sees, made for one item of one node run.

    Whoever runs many items may keep one scope and set `json`, `item`, `index` and `binary` anew
    for each: nothing of an evaluation stays in it. `now_ms` is the one pinned time of the node
    run, `random` (or `None`, then `Math.random` fails) gives numbers from 0 to 1. `node` gives
    what `$("name")` shows to the item at an index; it must not refer to the scope, so that no
    cycle has to be collected.
    """

    __slots__ = (
        "binary",
        "bytes_left",
        "depth_left",
        "env",
        "execution",
        "foreseen",
        "index",
        "input",
        "item",
        "items",
        "json",
        "node",
        "now_ms",
        "random",
        "run",
        "run_index",
        "steps_left",
        "thawed",
        "time_zone",
        "trigger",
        "vars",
        "workflow",
    )

    foreseen: Callable[[str, int], Value] | None
    """Outcomes of the expressions that run in the jail; see `jailed`."""
    thawed: dict[int, tuple[Value, Value]] | None

    def __init__(
        self,
        json: Json = None,
        *,
        item: Json = None,
        items: Sequence[Json] = (),
        index: int = 0,
        run_index: int = 0,
        binary: Json = None,
        vars: Mapping[str, str] = _EMPTY,  # noqa: A002  the name users write
        env: Mapping[str, str] = _EMPTY,
        execution: Mapping[str, Json] = _EMPTY,
        workflow: Mapping[str, Json] = _EMPTY,
        run: Mapping[str, Json] = _EMPTY,
        trigger: Json = None,
        now_ms: int = 0,
        time_zone: str = "UTC",
        node: Callable[[str, int], NodeView] = _no_node,
        input: NodeView = _NO_VIEW,  # noqa: A002  the name users write
        random: Callable[[], float] | None = None,
    ) -> None:
        self.json = json
        self.item = item
        self.items = items
        self.index = index
        self.run_index = run_index
        self.binary = binary
        self.vars = vars
        self.env = env
        self.execution = execution
        self.workflow = workflow
        self.run = run
        self.trigger = trigger
        self.now_ms = now_ms
        self.time_zone = time_zone
        self.node = node
        self.input = input
        self.random = random
        self.steps_left = self.bytes_left = self.depth_left = 0
        self.foreseen = self.thawed = None
