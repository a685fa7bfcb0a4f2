"""Security events over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from alur_common.security.events import KINDS
from alur_common.security.records import AuditRow
from alur_gateway.adapters.rest.models import Shown
from alur_gateway.adapters.rest.routing import (
    PAGE_SIZE,
    Cursor,
    Limit,
    Route,
    Who,
    page,
)
from alur_gateway.service.use_cases import UseCases
from alur_sdk.instants import rfc3339

_PLACES = ("reason", "source", "workflow", "execution", "node")


class SecurityEventInfo(Shown):
    """Something that was refused or stopped, `count` times from `first_at` to `last_at`. What is not known is null.

    `number` is that of its row in the audit log. `who` is a member, `source` an address or a producer outside.
    """

    number: int
    kind: str = Field(json_schema_extra={"enum": list(KINDS)})
    at: datetime
    first_at: datetime
    last_at: datetime
    count: int
    reason: str | None
    who: str | None
    source: str | None
    target: str | None
    project: str | None
    workflow: str | None
    execution: str | None
    node: str | None


class SecurityEventPage(Shown):
    """A page of security events, the newest first."""

    items: list[SecurityEventInfo]
    next_cursor: str | None


class SecurityRoutes:
    """The handler of security events; its name is an operation of the table of rights."""

    def __init__(self, use: UseCases) -> None:
        self._registry = use.registry

    def routes(self) -> list[Route]:
        """Return the routes."""
        route = Route("GET", "/security-events", self.list_security_events, SecurityEventPage)
        return [route.tagged("people")]

    async def list_security_events(
        self,
        caller: Who,
        kind: Annotated[str | None, Query(description=f"Only {', '.join(KINDS)}.")] = None,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return a page of what was refused or stopped: rows of the audit log, the newest first."""
        found = await self._registry.list_security_events(
            caller, kind=kind, limit=limit, cursor=cursor
        )
        return page([_shown(row) for row in found.items], found.next_cursor)


def _shown(row: AuditRow) -> dict[str, Any]:
    told = {name: row.details.get(name) for name in _PLACES}
    return {
        "number": row.number,
        "kind": row.action,
        "at": rfc3339(row.at),
        "firstAt": row.details["firstAt"],
        "lastAt": row.details["lastAt"],
        "count": row.details["count"],
        "who": row.user or None,
        "target": row.target or None,
        "project": row.project,
        **told,
    }
