"""Who did what: appended for every write, chained, verifiable."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.security.records import AuditRow, Page
from alur_common.security.rights import Caller, authorize
from alur_registry.domain.audit_chain import START, chained, first_bad
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.entities import AuditHead, number_key
from alur_registry.ports import Store
from alur_sdk.errors import ExistsError

_PAGE = 500


class Audit:
    """The audit log of every tenant. `sign` returns a keyed signature of a text."""

    def __init__(self, store: Store, clock: Clock, sign: Callable[[str], str]) -> None:
        self._store = store
        self._clock = clock
        self._sign = sign
        self._ends: dict[str, tuple[int, str]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def record(
        self,
        caller: Caller,
        action: str,
        resource: str,
        target: str,
        *,
        project: str | None = None,
        **details: Any,
    ) -> None:
        """Append a row. Details are for ids and names; secrets never go in."""
        await self.append(
            caller.tenant,
            user=caller.user,
            via=f"{caller.kind}:{caller.id}" if caller.id else caller.kind,
            action=action,
            resource=resource,
            project=project,
            target=target,
            details=details,
        )

    async def append(self, tenant: str, **said: Any) -> None:
        """Append a row that says this, as `chained` names it; whoever calls it knows whose it is."""
        row_after = partial(chained, tenant=tenant, at=self._clock.now(), **said)
        async with self._locks[tenant]:
            while not await self._append(tenant, row_after):
                # Another process was first: follow its row.
                self._ends.pop(tenant, None)

    async def list_audit(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[AuditRow]:
        """Return rows, newest first."""
        return await self.page(caller, [], limit=limit, cursor=cursor)

    async def page(
        self, caller: Caller, where: Sequence[Where], *, limit: int, cursor: str | None
    ) -> Page[AuditRow]:
        """Return rows for which this holds too, newest first."""
        authorize(caller, "read", "audit")
        found = await self._store.audit.search(
            [Where("tenant", "eq", caller.tenant), *where],
            sort=("-number",),
            limit=check_limit(limit) + 1,
            after=decode_cursor(cursor, 2),
        )
        return page_of(found, limit, lambda row: [row.number, _key(row)])

    async def verify_audit(self, caller: Caller) -> dict[str, Any]:
        """Walk the whole chain and return `{valid, rows, firstBad}`, the number of the first row that does not hold."""
        authorize(caller, "read", "audit")
        end, bad = (0, START), None
        while bad is None and (rows := await self._after(caller.tenant, end[0])):
            bad = first_bad(rows, end)
            end = (rows[-1].number, rows[-1].hash)
        if bad is None:
            bad = await self._missing_end(caller.tenant, end)
        return {"valid": bad is None, "rows": end[0], "firstBad": bad}

    async def _append(self, tenant: str, row_after: Callable[[tuple[int, str]], AuditRow]) -> bool:
        row = row_after(await self._end(tenant))
        try:
            await self._store.audit.insert(row)
        except ExistsError:
            return False
        self._ends[tenant] = (row.number, row.hash)
        await self._keep_head(row)
        return True

    async def _end(self, tenant: str) -> tuple[int, str]:
        known = self._ends.get(tenant)
        if known is None:
            where = [Where("tenant", "eq", tenant)]
            newest = await self._store.audit.search(where, sort=("-number",), limit=1)
            known = (newest[0].number, newest[0].hash) if newest else (0, START)
        return known

    async def _keep_head(self, row: AuditRow) -> None:
        head = AuditHead(row.tenant, row.number, row.hash, self._sign(_claim(row.number, row.hash)))
        known = await self._store.heads.find(row.tenant)
        if known is None:
            await self._store.heads.insert(head)
        elif known.number < row.number:
            await self._store.heads.save(replace(head, revision=known.revision))

    async def _after(self, tenant: str, number: int) -> list[AuditRow]:
        where = [Where("tenant", "eq", tenant), Where("number", "gt", number)]
        return await self._store.audit.search(where, sort=("number",), limit=_PAGE)

    async def _missing_end(self, tenant: str, end: tuple[int, str]) -> int | None:
        """Compare the chain's end with the signed head, which may be one row behind after a crash."""
        head = await self._store.heads.find(tenant)
        if head is None:
            return 1 if end[0] > 1 else None
        if head.signature != self._sign(_claim(head.number, head.hash)):
            return head.number
        if head.number > end[0]:
            return end[0] + 1
        row = await self._store.audit.find(tenant, number_key(head.number))
        return None if row is not None and row.hash == head.hash else head.number


def _claim(number: int, digest: str) -> str:
    return f"{number}:{digest}"


def _key(row: AuditRow) -> str:
    return f"{row.tenant}/{number_key(row.number)}"
