"""Workflows as the API answers them."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from alur_common.definitions import WorkflowRecord
from alur_common.security.rights import Caller
from alur_engine.validation import variables_named
from alur_registry.domain.entities import KeptWorkflow
from alur_registry.domain.workflow_documents import (
    credentials_named,
    pools_named,
    shown_workflow,
    workflows_named,
)
from alur_registry.ports import BoundsOf, Outlook, Store
from alur_registry.service.naming import Naming


class Showing:
    """Adds to a document what the server knows about its workflow."""

    def __init__(
        self,
        store: Store,
        outlook: Outlook | None,
        public_url: str,
        *,
        naming: Naming,
        needs_broker: Container[str],
        bounds_of: BoundsOf,
    ) -> None:
        self._store = store
        self._outlook = outlook
        self._naming = naming
        self._public_url = public_url.rstrip("/")
        self._needs_broker = needs_broker
        self._bounds_of = bounds_of

    def set_public_url(self, url: str) -> None:
        """Say under which address webhooks are reached, once the port is known."""
        self._public_url = url.rstrip("/")

    async def shown(self, record: WorkflowRecord, caller: Caller | None = None) -> dict[str, Any]:
        """Return the document with `metadata.uid` … and `status`.

        A webhook's address starts executions, so a caller who may not start any does not see it.
        """
        may_start = caller is None or caller.may("execute", "workflows", record.project)
        outlook = self._outlook
        pools = pools_named(record.document)
        return shown_workflow(
            record,
            public_url=self._public_url if may_start else None,
            missing_credentials=await self._missing(record),
            missing_references=await self._unknown(record),
            last_execution=await outlook.last_execution(record) if outlook else None,
            triggers=await outlook.triggers(record) if outlook else None,
            needs_broker=self._needs_broker,
            bounds=self._bounds_of(record.tenant, record.project),
            lost=await self._naming.lost(record) if isinstance(record, KeptWorkflow) else None,
            unserved=await outlook.unserved(pools) if outlook and pools else (),
        )

    async def _missing(self, record: WorkflowRecord) -> list[str]:
        return [
            name
            for name in credentials_named(record.document)
            if await self._store.credentials.find(record.tenant, record.project, name) is None
        ]

    async def _unknown(self, record: WorkflowRecord) -> list[str]:
        """Return what the document names and the project does not have, as people read it."""
        place, store = (record.tenant, record.project), self._store
        found = [
            f"the variable {name} (`$vars.{name}` is empty)"
            for name in variables_named(record.document)
            if await store.variables.find(*place, name) is None
        ]
        handler = record.document["spec"].get("settings", {}).get("errorWorkflow")
        if handler and await store.workflows.find(*place, handler) is None:
            found.append(f"the error workflow {handler} (nobody is told of failures)")
        found += [
            f"the workflow {name} (what starts it fails)"
            for name in workflows_named(record.document)
            if await store.workflows.find(*place, name) is None
        ]
        return found
