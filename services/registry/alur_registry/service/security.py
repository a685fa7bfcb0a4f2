"""Security events as rows of the audit log: who looks after a tenant reads there what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alur_common.documents.port import Where
from alur_common.security.events import KINDS, SecurityEvent
from alur_common.security.records import AuditRow, Page
from alur_common.security.rights import Caller
from alur_registry.ports import Store
from alur_registry.service.audit import Audit
from alur_registry.service.bootstrap import Bootstrap
from alur_sdk.errors import InvalidError, Problem
from alur_sdk.instants import rfc3339

RESOURCE = "security"
_DETAILS = ("reason", "source", "workflow", "execution", "node")


class SecurityRecords:
    """Keeps and lists security events. Rows of the audit log are chained, so nobody takes one back."""

    def __init__(self, store: Store, audit: Audit, bootstrap: Bootstrap) -> None:
        self._store = store
        self._audit = audit
        self._bootstrap = bootstrap

    async def record_security_events(self, events: Sequence[SecurityEvent]) -> None:
        """Keep each in the audit log of its tenant; one of no tenant where there is but one.

        Of several tenants nobody is told of it: the log and the metric have it. One that is sent again is kept twice.
        """
        for event in events:
            tenant = event.tenant or await self._bootstrap.only_tenant()
            if tenant is None or await self._store.tenants.find(tenant) is None:
                continue
            await self._audit.append(
                tenant,
                user=event.who,
                via=event.source or "alur",
                action=event.kind,
                resource=RESOURCE,
                project=event.project or None,
                target=event.target,
                details=_details(event),
            )

    async def list_security_events(
        self,
        caller: Caller,
        *,
        kind: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[AuditRow]:
        """Return those of the caller's tenant, or of one kind, newest first; raises `InvalidError` for no kind."""
        where = [Where("resource", "eq", RESOURCE)]
        if kind is not None:
            if kind not in KINDS:
                text = f"is one of {', '.join(KINDS)}"
                raise InvalidError(f"kind {text}", [Problem("kind", "unknown", text)])
            where.append(Where("action", "eq", kind))
        return await self._audit.page(caller, where, limit=limit, cursor=cursor)


def _details(event: SecurityEvent) -> dict[str, Any]:
    said = {name: value for name in _DETAILS if (value := getattr(event, name))}
    times = {"firstAt": rfc3339(event.first_at), "lastAt": rfc3339(event.last_at)}
    return {"count": event.count, **times, **said}
