"""What the executor needs from the outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, BinaryIO, Protocol

from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.executions import Execution
from alur_common.outbound.decisions import Asker
from alur_common.security.records import UnsealedCredential
from alur_common.telemetry.tracing import Span
from alur_engine.journal import JournalEntry
from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_jail import Ears, RunLimits
from alur_sdk.files import Files
from alur_sdk.items import Json
from alur_sdk.nodes import Http, Kafka


class Definitions(Protocol):
    """Workflows, versions, variables and credentials, as the registry gives them to an executor."""

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return a workflow with its active version, or raise `NotFoundError`."""

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""

    async def variables(self, tenant: str, project: str) -> Mapping[str, str]:
        """Return the project's variables."""

    async def granted(self, tenant: str, project: str, user: str) -> Collection[str]:
        """Return what this person may in a project, as `credentials:use`."""

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        """Return an unsealed credential, or raise `NotFoundError`."""


class Trace(Protocol):
    """The spans of one session that is recorded."""

    def attempt(self, step: Step, run: Run) -> Span:
        """Begin the span of an attempt; the next attempt of the same node run is linked to it."""

    def ended(self, span: Span, entry: JournalEntry | None) -> None:
        """Say what an attempt came to."""

    def took(self, step: Step, run: Run, entry: JournalEntry, seconds: float) -> None:
        """Record an attempt that has ended just now."""

    def step(self, name: str) -> Span:
        """Begin a span for something that the session does itself."""


class Tracing(Protocol):
    """Where the executor's spans begin."""

    def session(self, execution: Execution) -> Span | None:
        """Begin the span of a session: because of what started the execution, or linked to the session before it.

        None where it goes on within what started it, and nothing is recorded.
        """

    def task(self, execution: Execution) -> Span | None:
        """Begin the span of a node run for an execution that another owns, linked to its owner's session."""

    def trace(self, span: Span, execution: Execution) -> Trace:
        """Return the trace of a session whose span is recorded."""


class Meter(Protocol):
    """Where the executor counts. Times are seconds."""

    def started(self, waited: float) -> None:
        """An execution was taken up, so long after it was accepted."""

    def ended(self, status: str, took: float) -> None:
        """An execution ended."""

    def in_doubt(self) -> None:
        """An execution came to rest until a person resolves what is in doubt."""

    def ran(self, node_type: str, result: str, seconds: float) -> None:
        """An attempt of a node ended."""

    def retried(self, node_type: str) -> None:
        """A node run is tried again."""

    def active(self, count: int) -> None:
        """So many executions are in memory."""

    def lease(self, is_held: bool) -> None:
        """The lease was renewed, or could not be."""


class Area(Files, Protocol):
    """The files of one execution, as long as it is in memory here."""

    async def open(self, path: str) -> BinaryIO:
        """Return a file, open for reading, or raise `Permanent`; whoever asks closes it."""

    async def close(self) -> None:
        """Remove all of them."""


class Areas(Protocol):
    """Where executions have files."""

    def area(self, tenant: str) -> Area:
        """Return an area; nothing is on the disk before its first file."""


class Ways(Protocol):
    """The ways out of node runs, each through the outbound guard of its project."""

    def http(self, asker: Asker) -> Http:
        """Return the way out by HTTP of this node."""

    def kafka(self, asker: Asker) -> Kafka:
        """Return the way out to Kafka of this node."""

    def turn_away(self) -> None:
        """Cut off, from now on, node runs whose request waits for its turn at a busy server: it would end too late."""


class Jail(Protocol):
    """Where code of users runs."""

    async def run(
        self, tenant: str, language: str, request: Mapping[str, Any], limits: RunLimits, ears: Ears
    ) -> Json:
        """Run a request in a runner of its own; raises `Permanent` with what it threw, or why it was stopped."""


class Peers(Protocol):
    """The other executors."""

    async def nudge(self, worker: str, execution_id: str) -> None:
        """Tell a worker that messages wait for an execution that it owns; one that has died is not told."""


class Environment(Protocol):
    """What `$env` may show: the allow list."""

    def __call__(self) -> Mapping[str, Any]:
        """Return the names and values that expressions may read."""
