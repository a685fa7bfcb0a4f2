"""What an executor takes from other services, and how they find one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from alur_common.calls.channels import Channels
from alur_common.calls.client import add_calls, methods_of
from alur_common.previews import Preview

PORT = "executor"
Admitted = tuple[str, str, int]
"""An execution's id, its tenant, its priority."""


class ExecutorCalls(Protocol):
    """What an executor takes from other services."""

    async def nudge(self, execution_id: str, tenant: str) -> None:
        """Read the messages that wait for an execution."""

    async def admit(self, executions: Sequence[Admitted]) -> None:
        """Take up executions. Safe to repeat: what runs or has ended is left alone."""

    async def preview(self, tenant: str, asked: Preview) -> list[list[Any]]:
        """Return what each script comes to in the jail, as the jail tells it."""


async def executor_at(channels: Channels, address: str) -> ExecutorCalls:
    """Return the port of the executor at an address."""
    channel = await channels.to(address)
    return cast("ExecutorCalls", add_calls(channel, PORT, methods_of(ExecutorCalls)))
