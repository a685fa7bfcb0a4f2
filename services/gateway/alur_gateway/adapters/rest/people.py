"""People, tokens, projects and the audit log over REST."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from starlette.requests import Request

from alur_gateway.adapters.rest.bodies import body_of, json_body
from alur_gateway.adapters.rest.people_models import (
    AuditCheck,
    AuditPage,
    InvitedMember,
    MadeProducer,
    MadeToken,
    Me,
    MemberChange,
    MemberInfo,
    MemberList,
    NewMember,
    NewProducerBody,
    NewTokenBody,
    ProducerList,
    ProjectBody,
    ProjectInfo,
    ProjectList,
    TokenList,
)
from alur_gateway.adapters.rest.routing import (
    PAGE_SIZE,
    Cursor,
    Limit,
    Route,
    Who,
    page,
    reply,
)
from alur_gateway.service.use_cases import UseCases

ProducerArg = Annotated[NewProducerBody, body_of(NewProducerBody)]
TokenArg = Annotated[NewTokenBody, body_of(NewTokenBody)]
ProjectArg = Annotated[ProjectBody, body_of(ProjectBody)]
MemberArg = Annotated[NewMember, body_of(NewMember)]
ChangeArg = Annotated[MemberChange, body_of(MemberChange)]


class PeopleRoutes:
    """Handlers around people; the names are operations of the table of rights."""

    def __init__(self, use: UseCases) -> None:
        self._registry = use.registry

    def routes(self) -> list[Route]:
        """Return the routes."""
        member = "/members/{member_id}"
        routes = [
            Route("GET", "/me", self.get_me, Me),
            Route("GET", "/tokens", self.list_tokens, TokenList),
            Route("POST", "/tokens", self.create_token, MadeToken, 201, NewTokenBody),
            Route("DELETE", "/tokens/{token_id}", self.delete_token, None, 204),
            Route("GET", "/producers", self.list_producers, ProducerList),
            Route("POST", "/producers", self.create_producer, MadeProducer, 201, NewProducerBody),
            Route("DELETE", "/producers/{producer_id}", self.delete_producer, None, 204),
            Route("GET", "/projects", self.list_projects, ProjectList),
            Route("POST", "/projects", self.create_project, ProjectInfo, 201, ProjectBody),
            Route("GET", "/projects/{project}", self.get_project, ProjectInfo),
            Route("DELETE", "/projects/{project}", self.delete_project, None, 204),
            Route("GET", "/members", self.list_members, MemberList),
            Route("POST", "/members", self.add_member, InvitedMember, 201, NewMember),
            Route("PATCH", member, self.change_member, MemberInfo, 200, MemberChange),
            Route("POST", member + ":invite", self.invite_member, InvitedMember),
            Route("DELETE", member, self.remove_member, None, 204),
            Route("GET", "/audit", self.list_audit, AuditPage),
            Route("GET", "/audit:verify", self.verify_audit, AuditCheck),
        ]
        return [route.tagged("people") for route in routes]

    async def get_me(self, caller: Who) -> Response:
        """Return who asks."""
        return reply(200, await self._registry.me(caller))

    async def list_tokens(
        self,
        caller: Who,
        everyone: Annotated[
            bool, Query(description="Those of the whole tenant.")
        ] = False,  # a query parameter
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return a page of the caller's tokens, without their secrets, the oldest first."""
        found = await self._registry.list_tokens(
            caller, everyone=everyone, limit=limit, cursor=cursor
        )
        return page([token.shown() for token in found.items], found.next_cursor)

    async def create_token(self, caller: Who, body: TokenArg) -> Response:
        """Make a token; its secret is shown this once."""
        made = await self._registry.create_token(
            caller,
            name=body.name,
            role=body.role,
            scopes=body.scopes,
            projects=body.projects,
            expires_in_seconds=body.expires_in_seconds,
        )
        return reply(201, made.shown(), {"cache-control": "no-store"})

    async def delete_token(self, token_id: str, caller: Who) -> Response:
        """End a token at once."""
        await self._registry.revoke_token(caller, token_id)
        return reply(204)

    async def list_producers(
        self, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of who outside may send events, without the secrets of their keys."""
        found = await self._registry.list_producers(caller, limit=limit, cursor=cursor)
        return page([producer.shown() for producer in found.items], found.next_cursor)

    async def create_producer(self, caller: Who, body: ProducerArg) -> Response:
        """Make a key by which a producer signs its events; its secret is shown this once."""
        made = await self._registry.create_producer(caller, name=body.name)
        return reply(201, made.shown(), {"cache-control": "no-store"})

    async def delete_producer(self, producer_id: str, caller: Who) -> Response:
        """End a key: what is signed with it starts nothing from now on."""
        await self._registry.revoke_producer(caller, producer_id)
        return reply(204)

    async def list_projects(
        self, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the projects within reach, by name."""
        found = await self._registry.list_projects(caller, limit=limit, cursor=cursor)
        return page([project.shown() for project in found.items], found.next_cursor)

    async def create_project(self, caller: Who, body: ProjectArg) -> Response:
        """Make a project."""
        made = await self._registry.create_project(caller, body.name, body.title)
        return reply(201, made.shown(), {"location": f"/api/v1/projects/{made.name}"})

    async def get_project(self, project: str, caller: Who) -> Response:
        """Return a project."""
        return reply(200, (await self._registry.get_project(caller, project)).shown())

    async def delete_project(self, project: str, caller: Who) -> Response:
        """Delete a project that is empty."""
        await self._registry.delete_project(caller, project)
        return reply(204)

    async def list_members(
        self, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the people of the tenant."""
        found = await self._registry.list_members(caller, limit=limit, cursor=cursor)
        return page([member.shown() for member in found.items], found.next_cursor)

    async def add_member(self, caller: Who, body: MemberArg) -> Response:
        """Add a person and return the one-time token by which they sign in."""
        member = await self._registry.add_member(
            caller, name=body.name, email=body.email, role=body.role, projects=body.projects
        )
        token = await self._registry.invite_member(caller, member.id)
        shown = member.shown() | {"signInToken": token}
        return reply(201, shown, {"cache-control": "no-store"})

    async def change_member(
        self, request: Request, member_id: str, caller: Who, body: ChangeArg
    ) -> Response:
        """Change a person's role, name or projects."""
        sent = await json_body(request)
        member = await self._registry.change_member(
            caller,
            member_id,
            role=body.role,
            name=body.name,
            # Null means all projects, absence means no change.
            projects=body.projects if "projects" in sent else "same",
        )
        return reply(200, member.shown())

    async def invite_member(self, member_id: str, caller: Who) -> Response:
        """Return a new one-time token by which this person signs in."""
        token = await self._registry.invite_member(caller, member_id)
        shown = (await self._registry.get_member(caller, member_id)).shown()
        return reply(200, shown | {"signInToken": token}, {"cache-control": "no-store"})

    async def remove_member(self, member_id: str, caller: Who) -> Response:
        """Remove a person with their sessions and tokens."""
        await self._registry.remove_member(caller, member_id)
        return reply(204)

    async def list_audit(
        self, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the audit log, the newest first."""
        found = await self._registry.list_audit(caller, limit=limit, cursor=cursor)
        return page([row.shown() for row in found.items], found.next_cursor)

    async def verify_audit(self, caller: Who) -> Response:
        """Walk the whole chain of the audit log and tell the first row that does not hold."""
        return reply(200, await self._registry.verify_audit(caller))
