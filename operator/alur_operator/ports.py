"""What the operator needs from the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alur_operator.domain.plan import Live

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunWish:
    """What a run asks of Alur; the key is the same whenever it is asked again."""

    namespace: str
    workflow: str
    key: str
    input: list[dict[str, Any]] | None
    start: str | None = None
    version: int | None = None


class Alur(Protocol):
    """Alur by its public API. Errors are `AlurError`s; `retryable` ones mean: later."""

    async def find_workflow(self, namespace: str, name: str) -> Live | None:
        """Return the workflow as it is now."""

    async def list_workflows(self, namespace: str) -> dict[str, Live]:
        """Return all workflows of a project by name; none where there is no such project."""

    async def put_workflow(self, namespace: str, name: str, document: Object, etag: str) -> Live:
        """Create it (an empty etag: it must not exist) or replace that revision."""

    async def delete_workflow(self, namespace: str, name: str) -> None:
        """Delete it; raises `NotFoundError` when it is gone already."""

    async def start(self, wish: RunWish, *, wait_seconds: float) -> dict[str, Any]:
        """Start an execution, once for the key; return it, whole when it ended in time."""

    async def find_execution(self, namespace: str, execution_id: str) -> dict[str, Any] | None:
        """Return the execution."""

    async def cancel(self, namespace: str, execution_id: str, reason: str) -> bool:
        """Cancel it, which makes no difference when it has ended; return whether there is one."""

    async def derived_execution(self, wish: RunWish) -> str | None:
        """Return the id that the start of this wish has or would have; None without the workflow."""


class Cluster(Protocol):
    """What we do in the cluster beside what kopf does."""

    async def patch_status(
        self, plural: str, namespace: str, name: str, status: Mapping[str, Any]
    ) -> None:
        """Merge into the status; nothing happens when the object is gone."""

    async def set_output(self, namespace: str, name: str, output: list[Any]) -> None:
        """Put a run's output into its status as it is, with its nulls, which a merge takes for removals."""

    async def find_object(self, plural: str, namespace: str, name: str) -> Object | None:
        """Return an object of ours as it is now, not as a watch told of it last."""

    async def read_key(self, plural: str, namespace: str, name: str, key: str) -> str:
        """Return one key of a ConfigMap or Secret. Raises `NotFoundError`, `ForbiddenError`, and `InvalidError` for what is no text."""

    async def delete_run(self, namespace: str, name: str, uid: str) -> None:
        """Delete a WorkflowRun if it is still that one."""


class Telling(Protocol):
    """Tells people of a transition, as an Event of the object."""

    def __call__(self, body: Object, *, reason: str, message: str, warning: bool = False) -> None:
        """Tell it once."""
