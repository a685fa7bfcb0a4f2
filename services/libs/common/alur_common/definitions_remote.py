"""Workflows, variables and credentials, asked of the registry by calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from alur_common.cache import Cache
from alur_common.calls.client import Channel, add_calls, methods_of
from alur_common.clock import Clock
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.security.records import Page, UnsealedCredential

FRESH_SECONDS = 2.0
"""How long an answer about what may change is believed."""
PORT = "registry"


class DefinitionCalls(Protocol):
    """What executors, schedulers and gateways ask of the registry without a caller."""

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return a workflow with its active version, or raise `NotFoundError`."""

    async def newest(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return the same past what is remembered for a moment: it is known to have changed."""

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""

    async def all_active(self, after: str | None = None, limit: int = 200) -> Page[WorkflowRecord]:
        """Return a page of all workflows."""

    async def load_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the workflow that has webhooks under this id, or None."""

    async def variables(self, tenant: str, project: str) -> Mapping[str, Any]:
        """Return the project's variables."""

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        """Return an unsealed credential, or raise `NotFoundError`."""

    async def granted(self, tenant: str, project: str, user: str) -> list[str]:
        """Return what this person may in a project, as `credentials:use`."""

    async def unseal_producer(self, tenant: str, producer: str) -> UnsealedCredential:
        """Return the `secret` by which an outside producer signs, or raise `NotFoundError`."""

    async def only_tenant(self) -> str | None:
        """Return the tenant of the installation, or None when there are several."""


def definition_calls(channel: Channel) -> DefinitionCalls:
    """Return the port on a channel to the registry."""
    return cast("DefinitionCalls", add_calls(channel, PORT, methods_of(DefinitionCalls)))


class RemoteDefinitions:
    """The same, with what never changes kept, and what may change believed for a moment."""

    def __init__(self, calls: DefinitionCalls, clock: Clock) -> None:
        self._calls = calls
        self._versions: Cache[VersionRecord] = Cache(clock, size=500, fresh_seconds=None)
        self._active: Cache[WorkflowRecord] = Cache(clock, size=2_000, fresh_seconds=FRESH_SECONDS)
        self._variables: Cache[Mapping[str, Any]] = Cache(
            clock, size=500, fresh_seconds=FRESH_SECONDS
        )
        self._unsealed: Cache[UnsealedCredential] = Cache(
            clock, size=500, fresh_seconds=FRESH_SECONDS
        )
        self._granted: Cache[list[str]] = Cache(clock, size=2_000, fresh_seconds=FRESH_SECONDS)
        self.all_active = calls.all_active
        self.only_tenant = calls.only_tenant

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        key = f"{tenant}/{project}/{name}"
        return await self._active.get(key, lambda: self._calls.active(tenant, project, name))

    async def newest(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        key = f"{tenant}/{project}/{name}"
        self._active.drop(key)
        return await self._active.get(key, lambda: self._calls.newest(tenant, project, name))

    async def version(self, uid: str, number: int) -> VersionRecord:
        key = f"{uid}/{number}"
        return await self._versions.get(key, lambda: self._calls.version(uid, number))

    async def variables(self, tenant: str, project: str) -> Mapping[str, Any]:
        key = f"{tenant}/{project}"
        return await self._variables.get(key, lambda: self._calls.variables(tenant, project))

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        key = f"{tenant}/{project}/{name}"
        return await self._unsealed.get(key, lambda: self._calls.unseal(tenant, project, name))

    async def granted(self, tenant: str, project: str, user: str) -> list[str]:
        key = f"{tenant}/{project}/{user}"
        return await self._granted.get(key, lambda: self._calls.granted(tenant, project, user))

    async def unseal_producer(self, tenant: str, producer: str) -> UnsealedCredential:
        key = f"{tenant}/producers/{producer}"
        return await self._unsealed.get(key, lambda: self._calls.unseal_producer(tenant, producer))
