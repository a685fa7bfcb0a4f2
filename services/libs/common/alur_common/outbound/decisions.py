"""Who asks the outbound guard, and the log of what it decides."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from alur_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from prometheus_client import Counter

MOST_LINES = 50
"""So many different decisions of one node of one execution are logged; the metric counts all."""
SAID_SECONDS = 3_600.0
"""After that the same is logged again of the same node: a trigger's outlives all executions."""
MOST_ASKERS = 1_000
"""Of so many it is known what was logged; after that a decision may be logged once more."""
_log = get_logger("alur.outbound")


class Asker(NamedTuple):
    """For whom a connection is made. A trigger has no execution."""

    tenant: str
    project: str
    workflow: str
    execution: str
    node: str


class Decision(NamedTuple):
    """What was decided of one place. `address` is empty when it was refused by its name."""

    is_allowed: bool
    reason: str
    host: str = ""
    address: str = ""
    port: int = 0
    is_listed: bool = False
    """It is not public, and an allow list names it."""


_asker: ContextVar[Asker | None] = ContextVar("outbound_asker", default=None)


@contextmanager
def asking(asker: Asker) -> Iterator[None]:
    """Until the end, and in the tasks that are started meanwhile, decisions are told as this one's.

    A connection that a library opens later, by a task it has had since then, is told as that of who made it begin.
    """
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)


def tenant_asking() -> str:
    """Return the tenant for whom a connection is about to be made, or nothing where nobody said so."""
    asker = _asker.get()
    return asker.tenant if asker else ""


class Decisions:
    """Writes decisions to the log of the process, each once an hour for a node of an execution, and counts all.

    Refusals and what an allow list lets through are told at `info`, public places at `debug`.
    """

    def __init__(
        self, counted: Counter | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._counted = counted
        self._now = now
        self._told: OrderedDict[Asker | None, _Told] = OrderedDict()

    def tell(self, decision: Decision) -> None:
        """Say it, unless the same was said of the same node, or too much was."""
        if self._counted is not None:
            self._counted.labels(_word(decision)).inc()
        asker = _asker.get()
        told = self._told_of(asker)
        if decision in told or len(told) > MOST_LINES:
            return
        told.add(decision)
        if len(told) > MOST_LINES:
            _log.info("outbound decisions no longer logged", most=MOST_LINES, **_who(asker))
        else:
            _write(decision, asker)

    def _told_of(self, asker: Asker | None) -> set[Decision]:
        now = self._now()
        told = self._told.pop(asker, None)
        if told is None or now >= told.until:
            told = _Told(now + SAID_SECONDS)
        self._told[asker] = told  # the last: the first is who has not asked for longest
        if len(self._told) > MOST_ASKERS:
            self._told.popitem(last=False)
        return told.decisions


@dataclass(frozen=True, slots=True)
class _Told:
    """What was logged of an asker, and until when it is not logged again."""

    until: float
    decisions: set[Decision] = field(default_factory=set)


def _word(decision: Decision) -> str:
    if decision.is_allowed:
        return "listed" if decision.is_listed else "public"
    return "refused"


def _write(decision: Decision, asker: Asker | None) -> None:
    # A refused host is what somebody wrote: of that a name's length is enough.
    write = _log.debug if _word(decision) == "public" else _log.info
    write(
        "outbound allowed" if decision.is_allowed else "outbound refused",
        decision=_word(decision),
        reason=decision.reason,
        host=decision.host[:253],
        address=decision.address,
        port=decision.port,
        **_who(asker),
    )


def _who(asker: Asker | None) -> dict[str, str]:
    if asker is None:
        return {}
    return {
        "tenant": asker.tenant,
        "project": asker.project,
        "workflow_name": asker.workflow,
        "execution": asker.execution,
        "node": asker.node,
    }
