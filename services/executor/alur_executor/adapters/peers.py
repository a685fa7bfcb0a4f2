"""Other executors, reached by calls at the addresses that stand beside their leases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alur_common.calls.channels import Channels
from alur_common.calls.executors import Admitted, executor_at
from alur_common.events import ExecutionAdmitted, ExecutionNudged
from alur_common.executions import Workers
from alur_common.previews import Preview
from alur_common.telemetry.logs import get_logger
from alur_executor.service.executor import Executor
from alur_executor.service.previewing import Previews
from alur_sdk.errors import UnavailableError

_log = get_logger("alur.executor")


class ExecutorPort:
    """`ExecutorCalls` of an executor."""

    def __init__(self, executor: Executor, previews: Previews) -> None:
        self._executor = executor
        self._previews = previews

    async def nudge(self, execution_id: str, tenant: str) -> None:
        """Read the messages that wait for an execution."""
        await self._executor.on_nudged(ExecutionNudged(execution_id, tenant))

    async def admit(self, executions: Sequence[Admitted]) -> None:
        """Take up executions. Safe to repeat: what runs or has ended is left alone.

        Raises `UnavailableError` while this executor stops, so that they are given to another at once.
        """
        if self._executor.is_stopping:
            raise UnavailableError("this executor stops and takes nothing up")
        for execution_id, tenant, priority in executions:
            await self._executor.on_admitted(ExecutionAdmitted(execution_id, tenant, priority))

    async def preview(self, tenant: str, asked: Preview) -> list[list[Any]]:
        """Return what each script comes to in the jail, as the jail tells it."""
        return await self._previews.preview(tenant, asked)


class RemotePeers:
    """`Peers` in other processes."""

    def __init__(self, workers: Workers, channels: Channels) -> None:
        self._workers = workers
        self._channels = channels

    async def nudge(self, worker: str, execution_id: str) -> None:
        address = await self._workers.find_address(worker)
        if address is None:
            return  # its executions are taken over, and their messages read then
        port = await executor_at(self._channels, address)
        try:
            await port.nudge(execution_id, "")
        except UnavailableError as error:
            _log.warning("peer not nudged", peer=worker, reason=error.message)
