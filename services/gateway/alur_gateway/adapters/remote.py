"""The registry in another process, with the table of webhooks in this one."""

from __future__ import annotations

from typing import Any, cast

from alur_common.calls.client import Channel, add_calls, methods_of
from alur_common.clock import Clock
from alur_common.definitions import WorkflowRecord
from alur_common.definitions_remote import PORT, RemoteDefinitions, definition_calls
from alur_common.events import WorkflowVersionPublished
from alur_common.hooks import HookIndex
from alur_common.security.rights import Caller
from alur_gateway.ports import Registry as RegistryPort
from alur_sdk.errors import NotFoundError, UnavailableError

KEPT_HERE = frozenset({"find_hook", "active", "version", "unseal"})
READS = ("get_", "list_", "verify_", "load_")
OTHER_READS = frozenset(
    {"authenticate", "me", "validate", "shown", "all_active", "variables", "credential_types"}
)
PAGE = 500


class RemoteRegistry:
    """Everything that the gateway uses of the registry. `load` before use.

    A workflow that was changed through this gateway has its webhook here when the change is answered; of changes by others it
    hears from the bus, and an address that it does not know it asks for.
    """

    def __init__(self, channel: Channel, clock: Clock) -> None:
        methods = methods_of(RegistryPort, but=KEPT_HERE)
        names = {method.__name__ for method in methods}
        once = frozenset(n for n in names if not n.startswith(READS) and n not in OTHER_READS)
        self._calls: Any = add_calls(channel, PORT, methods, once=once)
        self._definitions = definition_calls(channel)
        self._hooks = HookIndex()
        self._is_loaded = False
        self._credential_types: list[dict[str, Any]] = []
        remote = RemoteDefinitions(self._definitions, clock)
        self.version = remote.version
        self.unseal = remote.unseal
        # Not kept: who has just saved a workflow runs what was saved.
        self.active = self._definitions.active

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # the methods of the port
        self._demand_loaded()
        return getattr(self._calls, name)

    def _demand_loaded(self) -> None:
        """Raise `UnavailableError` at once where a call would only wait for a registry that was never there."""
        if not self._is_loaded:
            raise UnavailableError("the registry is out of reach")

    async def load(self) -> None:
        """Fill the table of webhooks. Raises `UnavailableError` while the registry is out of reach."""
        cursor: str | None = None
        while True:
            page = await self._definitions.all_active(cursor, PAGE)
            for record in page.items:
                self._hooks.keep(record)
            cursor = page.next_cursor
            if cursor is None:
                break
        self._credential_types = await self._calls.credential_types()
        self._is_loaded = True

    def find_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the workflow with this webhook id, by one look into memory."""
        self._demand_loaded()
        return self._hooks.find(hook_id)

    async def load_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the same, asked of the registry."""
        record = await self._definitions.load_hook(hook_id)
        if record is not None:
            self._hooks.keep(record)
        return record

    def credential_types(self) -> list[dict[str, Any]]:
        """Return the types with the JSON Schema of their fields."""
        return self._credential_types

    async def follow(self, event: WorkflowVersionPublished) -> None:
        """Know what another process wrote; safe to repeat and in any order: the registry says how things are."""
        try:
            record = await self._definitions.newest(event.tenant, event.project, event.workflow)
        except NotFoundError:
            self._hooks.forget_workflow(event.key)
            return
        if record.uid != event.key:  # it was deleted, and another one has its name
            self._hooks.forget_workflow(event.key)
        self._hooks.keep(record)

    async def save(
        self, caller: Caller, project: str, document: object, **options: Any
    ) -> tuple[WorkflowRecord, bool]:
        """Create or replace; return the record and whether it is new."""
        record, is_new = await self._calls.save(caller, project, document, **options)
        return self._known(record, options), is_new

    async def patch_workflow(
        self, caller: Caller, project: str, name: str, patch: object, **options: Any
    ) -> WorkflowRecord:
        """Change by a JSON merge patch (RFC 7396)."""
        record = await self._calls.patch_workflow(caller, project, name, patch, **options)
        return self._known(record, options)

    async def publish(
        self, caller: Caller, project: str, name: str, *given: Any, **options: Any
    ) -> WorkflowRecord:
        """Make a version of the document, or of the draft."""
        return self._known(await self._calls.publish(caller, project, name, *given, **options), {})

    async def restore_version(
        self, caller: Caller, project: str, name: str, number: int, **options: Any
    ) -> WorkflowRecord:
        """Make an old version the newest."""
        record = await self._calls.restore_version(caller, project, name, number, **options)
        return self._known(record, {})

    async def delete_workflow(
        self, caller: Caller, project: str, name: str, **options: Any
    ) -> None:
        """Delete it; its versions stay."""
        record = await self._definitions.active(caller.tenant, project, name)
        await self._calls.delete_workflow(caller, project, name, **options)
        self._hooks.forget_workflow(record.uid)

    def _known(self, record: WorkflowRecord, options: dict[str, Any]) -> WorkflowRecord:
        if not options.get("dry_run"):
            self._hooks.keep(record)
        return record


def as_port(registry: RemoteRegistry) -> RegistryPort:
    """Return it as the port that the gateway names."""
    return cast("RegistryPort", registry)
