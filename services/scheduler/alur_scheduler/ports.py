"""What the scheduler needs from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.executions import Execution


class Takers(Protocol):
    """Who takes up executions that nobody drives."""

    async def take(self, executions: Sequence[Execution]) -> None:
        """Have each taken up by an executor that lives. Safe to repeat."""


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

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""

    async def all_active(self, after: str | None = None, limit: int = 200) -> RecordPage:
        """Return a page of all workflows."""
