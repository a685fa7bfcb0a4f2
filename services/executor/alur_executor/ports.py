"""What the executor needs from the outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_jail import Ears, RunLimits
from alur_sdk.items import Json
from alur_sdk.nodes import Secret


class Definitions(Protocol):
    """Workflows, versions, variables and credentials, as the registry gives them to an executor."""

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return a workflow with its active version, or raise `NotFoundError`."""

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""

    async def variables(self, tenant: str, project: str) -> Mapping[str, str]:
        """Return the project's variables."""

    async def unseal(self, tenant: str, project: str, name: str) -> Secret:
        """Return an unsealed credential, or raise `NotFoundError`."""


class Meter(Protocol):
    """Where the executor counts. Times are seconds."""

    def started(self, waited: float) -> None:
        """An execution was taken up, so long after it was accepted."""

    def ended(self, status: str, took: float) -> None:
        """An execution ended."""

    def retried(self, node_type: str) -> None:
        """A node run is tried again."""

    def active(self, count: int) -> None:
        """So many executions are in memory."""


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
