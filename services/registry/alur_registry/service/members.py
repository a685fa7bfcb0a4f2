"""People of a tenant and what they may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from alur_common.documents.port import Where
from alur_common.security.records import Member, Page
from alur_common.security.rights import RANK, Caller, Role, authorize, rights_of
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.names import check_label, check_title
from alur_registry.service.sessions import Sessions
from alur_registry.service.tools import Tools
from alur_sdk.errors import ForbiddenError, InvalidError, NotFoundError, Problem, StateError

_ALL = 10_000
Same = Literal["same"]


class Members:
    """What is done with members. Nobody gives or takes a role above their own, and one owner always stays."""

    def __init__(self, tools: Tools, sessions: Sessions) -> None:
        self._store = tools.store
        self._sessions = sessions
        self._audit = tools.audit
        self._clock = tools.clock
        self._ids = tools.ids

    async def me(self, caller: Caller) -> dict[str, Any]:
        """Return who the caller is, as the API answers it."""
        authorize(caller, "read", "me")
        found = await self._store.projects.search(
            [Where("tenant", "eq", caller.tenant)], limit=_ALL
        )
        names = [project.name for project in found]
        return {
            "id": caller.user,
            "name": caller.name,
            "role": caller.role,
            "tenant": caller.tenant,
            "kind": caller.kind,
            "scopes": sorted(caller.scopes),
            "may": rights_of(caller),
            "projects": [n for n in names if caller.projects is None or n in caller.projects],
        }

    async def list_members(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Member]:
        """Return a page of the tenant's members."""
        authorize(caller, "read", "members")
        found = await self._store.members.search(
            [Where("tenant", "eq", caller.tenant)],
            limit=check_limit(limit) + 1,
            after=decode_cursor(cursor, 1),
        )
        return page_of(found, limit, lambda m: [f"{m.tenant}/{m.id}"])

    async def get_member(self, caller: Caller, member_id: str) -> Member:
        """Return a member, or raise `NotFoundError`."""
        authorize(caller, "read", "members")
        return await self._get(caller.tenant, member_id)

    async def add_member(
        self,
        caller: Caller,
        *,
        name: str,
        email: str = "",
        role: Role = "viewer",
        projects: Sequence[str] | None = None,
    ) -> Member:
        """Add a person; they sign in by the link that `invite_member` gives."""
        authorize(caller, "write", "members")
        _check_role(caller, role)
        member = Member(
            tenant=caller.tenant,
            id=self._ids.secret(8),
            name=check_title(name, "name"),
            email=check_title(email, "email") if email else "",
            role=role,
            projects=_projects(projects),
            created_at=self._clock.now(),
        )
        saved = await self._store.members.insert(member)
        await self._audit.record(caller, "create", "members", member.id, role=role)
        return saved

    async def change_member(
        self,
        caller: Caller,
        member_id: str,
        *,
        role: Role | None = None,
        name: str | None = None,
        projects: Sequence[str] | Same | None = "same",
    ) -> Member:
        """Change what is given; it counts from the next request on."""
        authorize(caller, "write", "members")
        known = await self._reachable(caller, member_id)
        changed = known
        if role is not None:
            _check_role(caller, role)
            changed = replace(changed, role=role)
        if name is not None:
            changed = replace(changed, name=check_title(name, "name"))
        if projects != "same":
            changed = replace(changed, projects=_projects(projects))
        if known.role == "owner" and (changed.role != "owner" or changed.projects is not None):
            await self._check_another_owner(caller.tenant, member_id)
        saved = await self._store.members.save(changed)
        self._sessions.forget_callers()
        await self._audit.record(caller, "update", "members", member_id, role=saved.role)
        return saved

    async def remove_member(self, caller: Caller, member_id: str) -> None:
        """Remove a person with their sessions and tokens; it counts from the next request on."""
        authorize(caller, "delete", "members")
        known = await self._reachable(caller, member_id)
        if known.role == "owner":
            await self._check_another_owner(caller.tenant, member_id)
        await self._store.members.remove(caller.tenant, member_id)
        await self._sessions.end_all(caller.tenant, member_id)
        await self._audit.record(caller, "delete", "members", member_id)

    async def invite_member(self, caller: Caller, member_id: str) -> str:
        """Return a one-time sign-in token for this person."""
        authorize(caller, "write", "members")
        known = await self._reachable(caller, member_id)
        token = await self._sessions.new_link(caller.tenant, known.id)
        await self._audit.record(caller, "invite", "members", member_id)
        return token

    async def _reachable(self, caller: Caller, member_id: str) -> Member:
        known = await self._get(caller.tenant, member_id)
        if RANK[known.role] > RANK[caller.role]:
            raise ForbiddenError(f"{caller.role} may not change {known.role}")
        return known

    async def _get(self, tenant: str, member_id: str) -> Member:
        known = await self._store.members.find(tenant, _key(member_id))
        if known is None:
            raise NotFoundError(f"there is no member {member_id}", member=member_id)
        return known

    async def _check_another_owner(self, tenant: str, member_id: str) -> None:
        where = [Where("tenant", "eq", tenant), Where("role", "eq", "owner")]
        owners = await self._store.members.search(where, limit=_ALL)
        if not any(o.id != member_id and o.projects is None for o in owners):
            raise StateError("the last owner stays: make another member owner first")


def _check_role(caller: Caller, role: str) -> None:
    if role not in RANK:
        text = f"must be one of {', '.join(RANK)}"
        raise InvalidError(f"role {text}", [Problem("role", "unknown", text)])
    if RANK[role] > RANK[caller.role]:
        raise ForbiddenError(f"{caller.role} may not give the role {role}")


def _projects(projects: Sequence[str] | None) -> tuple[str, ...] | None:
    if projects is None:
        return None
    return tuple(check_label(name, f"projects[{i}]") for i, name in enumerate(projects))


def _key(member_id: str) -> str:
    """Return the id as a part of a key: a slash in it names nobody."""
    return member_id if "/" not in member_id else "-"
