"""What the scheduler needs from the outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.executions import Execution
from alur_common.security.records import UnsealedCredential
from alur_common.telemetry.tracing import Span
from alur_scheduler.domain.records import Begun, Left, Position, Reading, Record


class Takers(Protocol):
    """Who takes up executions that nobody drives."""

    async def take(self, executions: Sequence[Execution]) -> None:
        """Have each taken up by an executor that lives. Safe to repeat."""


class Meter(Protocol):
    """Where the scheduler counts. Times are seconds."""

    def queue_oldest(self, age: float) -> None:
        """The oldest execution that nobody takes up has this age; 0: there is none."""

    def admitted_again(self, reason: str, count: int) -> None:
        """So many executions were handed to executors from the store."""

    def pool_oldest(self, pool: str, age: float) -> None:
        """The oldest node run that waits for an executor of this pool has this age."""

    def pool_empty(self, pool: str) -> None:
        """None waits any more: pools are named by users, and those that are over are not told of for ever."""

    def offered_again(self, pool: str) -> None:
        """A node run was offered to its pool again."""

    def drift(self, seconds: float) -> None:
        """A schedule was fired so long after it was due."""


class ShareMeter(Protocol):
    """Where a scheduler among several counts."""

    def partitions(self, count: int) -> None:
        """This scheduler holds so many partitions."""

    def refused(self, what: str) -> None:
        """A write was refused: somebody else holds the partition by now."""


class Share(Protocol):
    """Which part of the work is this scheduler's. A key is a workflow's uid, or another name of a piece of work."""

    @property
    def since(self) -> float:
        """Since when some scheduler has been at work without a break, ours or another before it; infinite when not known."""

    @property
    def slots(self) -> Sequence[int] | None:
        """The slots that are ours; None: all."""

    def fence_of(self, key: str) -> int | None:
        """Return the fence that our decisions about this carry, or None when they are not ours."""

    def refused(self, what: str, key: str, fence: int) -> None:
        """Tell that a write about this was refused, since another one carried this greater fence."""


class Tracing(Protocol):
    """Where the scheduler's spans begin."""

    def admitting(self, execution: Execution) -> Span | None:
        """Begin a span for letting an execution in, in the trace of its acceptance; None when that was not traced."""

    def firing(self, record: WorkflowRecord, trigger: str) -> Span:
        """Begin the trace of an execution that a schedule starts."""


class RecordPage(Protocol):
    """A page of workflows."""

    @property
    def items(self) -> Sequence[WorkflowRecord]:
        """The workflows."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins."""


class Definitions(Protocol):
    """Workflows as the registry gives them to a scheduler."""

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return a workflow with its active version, or raise `NotFoundError`."""

    async def newest(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return the same past what is remembered for a moment: it is known to have changed."""

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""

    async def all_active(self, after: str | None = None, limit: int = 200) -> RecordPage:
        """Return a page of all workflows."""

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        """Return an unsealed credential, or raise `NotFoundError`."""

    async def unseal_producer(self, tenant: str, producer: str) -> UnsealedCredential:
        """Return the `secret` by which an outside producer signs, or raise `NotFoundError`."""

    async def only_tenant(self) -> str | None:
        """Return the tenant of the installation, or None when there are several."""


class Reader(Protocol):
    """A member of a consumer group on one topic."""

    async def fetch(self, most: int, seconds: float) -> Mapping[int, Sequence[Record]]:
        """Return partition -> records that follow those of the last time; waits so long for the first."""

    def gone(self) -> Collection[int]:
        """Return the partitions that went since this was asked last, be it for a moment.

        What was fetched of them and not committed is read again, here or by another member.
        """

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Say which record of a partition is the next to be read after a crash.

        Raises `UnavailableError` when the broker does not take it, as when the partition is another member's by now.
        """

    def positions(self) -> Mapping[int, Position]:
        """Return partition -> how far it is committed, of those of this member."""


class Readers(Protocol):
    """How topics are read."""

    def open(
        self,
        reading: Reading,
        secret: UnsealedCredential | None,
        left: Mapping[int, Left],
        begun: Begun,
    ) -> AbstractAsyncContextManager[Reader]:
        """Join the group for the length of the block; where the broker has forgotten it, it begins where it has `left`.

        A partition that came after the group had `begun` is read from its beginning, whatever the trigger says.
        Raises `UnavailableError` when the broker is out of reach, `InvalidError` for what cannot be read at all.
        """
