"""A program: a version made ready to run, once, and shared by all its executions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alur_common.definitions import VersionRecord
from alur_common.pools import DEFAULT_POOL, EVERY, Pools
from alur_engine.binding import Binding
from alur_engine.catalogue import Catalogue
from alur_engine.document import Node as NodeDefinition
from alur_engine.document import Retry, Settings, Spec
from alur_engine.durations import duration_seconds
from alur_engine.expressions import Evaluator
from alur_engine.graph import Graph, GraphNode, build_graph
from alur_engine.naming import Reference, find_references
from alur_sdk.errors import AlurError
from alur_sdk.nodes import BatchNode, Effect, ItemNode, Node

OWN = "alur_nodes."
"""The package of the nodes that come with Alur; none of them changes an item."""
_VARIABLES = "$vars"
SURROUNDINGS = ("$execution", _VARIABLES, "$env")
"""In Python code they begin with an underscore."""
FindClass = Callable[[str], type[Node[Any]]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how soon; times in seconds."""

    attempts: int = 1
    delay: float = 1.0
    factor: float = 2.0
    max_delay: float = 300.0
    jitter: float = 0.0

    @classmethod
    def of(cls, retry: Retry | None) -> RetryPolicy:
        """Return the policy that a document states."""
        if retry is None:
            return cls()
        return cls(
            retry.attempts,
            duration_seconds(retry.delay),
            retry.factor,
            duration_seconds(retry.max_delay),
            retry.jitter,
        )

    def delay_after(self, attempt: int, randomness: float, at_least: float = 0.0) -> float:
        """Return the seconds to wait after this attempt (1 is the first); `randomness` is from 0 to 1."""
        wanted = min(self.delay * self.factor ** (attempt - 1), self.max_delay)
        spread = wanted * (1 + self.jitter * (2 * randomness - 1))
        return max(spread, at_least)


@dataclass(frozen=True, slots=True)
class Step:
    """How one node of a program is run."""

    graph: GraphNode
    node: Node[Any]
    definition: NodeDefinition
    binding: Binding | None
    broken: AlurError | None
    """Why its parameters cannot be read: told when it runs."""
    is_item: bool
    is_async: bool
    retry: RetryPolicy
    timeout: float | None
    is_scope: bool
    """The engine runs it: it only opens scopes."""
    is_plain: bool
    """It runs without waiting and without effect on the outside."""
    is_quick: bool
    """Plain and item by item: the quick path takes it."""
    is_foreign: bool
    """It does not come with Alur: it gets copies, so that what it changes nobody else sees."""
    pool: str | None
    """The pool to whose executors it travels; None: it runs here."""
    first_port: str
    run_item: Callable[..., Any] | None


@dataclass(frozen=True, slots=True)
class Program:
    """A version's graph and its steps, by position in the graph; triggers have none."""

    version: VersionRecord
    graph: Graph
    steps: tuple[Step | None, ...]
    settings: Settings
    workflow: Mapping[str, Any]
    """What `$workflow` shows."""
    mentions: frozenset[str]
    """Which of `SURROUNDINGS` its expressions name: the others need not be made."""
    named: tuple[Reference, ...]
    """What it names beside its own nodes, each thing once."""
    timeout: float | None
    keep_succeeded: float
    keep_failed: float


def compile_program(
    version: VersionRecord,
    catalogue: Catalogue,
    find_class: FindClass,
    evaluator: Evaluator,
    pools: Pools = EVERY,
) -> Program:
    """Return the program of a stored version for an executor that serves these pools.

    Raises `NotFoundError` when a node type is not installed.
    """
    spec = Spec.model_validate(version.document["spec"])
    graph = build_graph(spec, catalogue)
    named = find_references(version.document, catalogue)
    settings = spec.settings
    return Program(
        version=version,
        graph=graph,
        steps=tuple(_step(node, find_class, evaluator, pools) for node in graph.nodes),
        settings=settings,
        workflow={"id": version.uid, "name": version.name, "version": version.version},
        mentions=_mentions(spec, named),
        named=tuple({(one.kind, one.name): one for one in named}.values()),
        timeout=duration_seconds(settings.timeout) if settings.timeout else None,
        keep_succeeded=duration_seconds(settings.retention.succeeded),
        keep_failed=duration_seconds(settings.retention.failed),
    )


def _mentions(spec: Spec, named: Iterable[Reference]) -> frozenset[str]:
    """Return which of `SURROUNDINGS` a run gets; of variables those whose names were asked about."""
    texts = [repr(node.params) for node in spec.nodes]
    words = {
        word
        for word in SURROUNDINGS
        if any(word in text or word.replace("$", "_") in text for text in texts)
    }
    if not any(one.kind == "variable" for one in named):
        words.discard(_VARIABLES)
    return frozenset(words)


def _step(
    graph: GraphNode, find_class: FindClass, evaluator: Evaluator, pools: Pools
) -> Step | None:
    definition = graph.definition
    if not isinstance(definition, NodeDefinition):
        return None
    kind = find_class(definition.type)
    binding, broken = _binding(kind, definition, evaluator)
    is_item = issubclass(kind, ItemNode)
    run = getattr(kind, "run_item" if is_item else "run", None)
    is_async = inspect.iscoroutinefunction(run)
    is_scope = not issubclass(kind, (ItemNode, BatchNode))
    has_jailed = binding is not None and bool(binding.jailed) and not is_scope
    pool = None if is_scope else _travels_to(graph, definition, pools)
    is_plain = not (is_async or has_jailed or pool) and graph.effect is not Effect.WRITE
    is_foreign = not kind.__module__.startswith(OWN)
    node = kind()
    return Step(
        graph=graph,
        node=node,
        definition=definition,
        binding=binding,
        broken=broken,
        is_item=is_item,
        is_async=is_async,
        retry=RetryPolicy.of(definition.retry),
        timeout=duration_seconds(definition.timeout) if definition.timeout else None,
        is_scope=is_scope,
        is_plain=is_plain,
        is_quick=is_plain
        and not is_foreign
        and isinstance(node, ItemNode)
        and not definition.disabled
        and broken is None
        and binding is not None,
        is_foreign=is_foreign,
        pool=pool,
        first_port=graph.type.outputs[0] if graph.type.outputs else "main",
        run_item=node.run_item if isinstance(node, ItemNode) else None,
    )


def _travels_to(graph: GraphNode, definition: NodeDefinition, pools: Pools) -> str | None:
    """Return the pool that its node or its type names, unless this executor serves it or nothing is to run."""
    pool = definition.pool if definition.pool != DEFAULT_POOL else graph.type.pool
    return None if pool is None or pools.serves(pool) or definition.disabled else pool


def _binding(
    kind: type[Node[Any]], definition: NodeDefinition, evaluator: Evaluator
) -> tuple[Binding | None, AlurError | None]:
    try:
        return Binding(kind.params_type(), definition.params, kind.raw, evaluator), None
    except AlurError as error:
        return None, error
