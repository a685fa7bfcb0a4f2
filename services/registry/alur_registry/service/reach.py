"""What nodes may reach beside the public internet, as rows of the audit log: a setting of the process, whose changes are seen."""

from __future__ import annotations

from alur_common.documents.port import Where
from alur_common.telemetry import get_logger
from alur_registry.ports import ReachOf, Store
from alur_registry.service.audit import Audit

RESOURCE = "networks"
_log = get_logger(__name__)


class Reach:
    """Tells each tenant when its allow lists are no longer what they were at the start before."""

    def __init__(self, store: Store, audit: Audit, reach_of: ReachOf) -> None:
        self._store = store
        self._audit = audit
        self._reach_of = reach_of

    async def record_reach(self) -> None:
        """Write a row for each tenant whose lists differ from those of its last row; where there is none, from no list at all.

        Two processes that start with a new list at the same time may both write it.
        """
        for tenant in await self._store.tenants.search([]):
            allowed = self._reach_of(tenant.id)
            if allowed != await self._last(tenant.id):
                _log.info(
                    "networks that nodes may reach changed", tenant=tenant.id, allowed=allowed
                )
                await self._audit.append(
                    tenant.id,
                    user="",
                    via="settings",
                    action="change",
                    resource=RESOURCE,
                    project=None,
                    target="outbound",
                    details={"allowed": allowed},
                )

    async def _last(self, tenant: str) -> dict[str, str]:
        where = [Where("tenant", "eq", tenant), Where("resource", "eq", RESOURCE)]
        newest = await self._store.audit.search(where, sort=("-number",), limit=1)
        return dict(newest[0].details["allowed"]) if newest else {}
