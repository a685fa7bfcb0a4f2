"""A gateway with the real registry on documents in memory, and people who ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.security.records import Member, Project
from alur_common.security.rights import Caller, Role
from alur_registry.adapters.stored import stored
from alur_registry.main import build as build_registry
from alur_registry.service import Registry
from alur_registry.settings import Settings as RegistrySettings
from tests.support.clock import FakeClock
from tests.unit.gateway.world import Answered, World, call

WORKFLOWS = "/api/v1/projects/default/workflows"
EXECUTIONS = "/api/v1/projects/default/executions"
START = f"{WORKFLOWS}/orders/executions"
DOCUMENT: dict[str, Any] = {
    "apiVersion": "alur.dev/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "orders"},
    "spec": {
        "triggers": [
            {"name": "in", "type": "trigger.webhook", "params": {"path": "orders"}},
        ],
        "nodes": [{"name": "a", "type": "core.set", "params": {"fields": {"a": 1}}}],
        "edges": [{"from": "in", "to": "a"}],
    },
}


class RestWorld(World):
    """A world whose registry is the real one; `token` is the owner's."""

    token = ""
    people: Registry
    owner: Caller

    def build(self) -> None:
        """Leave it to `make`: the registry is read from its store first."""

    @classmethod
    async def make(cls, folder: Path, **settings: Any) -> RestWorld:
        clock = FakeClock()
        world = cls(clock=clock, documents=MemoryDocuments(clock), **settings)
        registry = build_registry(
            world.documents,
            world.bus,
            clock,
            SystemIds(clock),
            RegistrySettings(data=folder, public_url="http://alur.test"),
        )
        await registry.start()
        world.use(registry)
        world.people = registry
        world.owner = await registry.ensure_owner()
        world.token = await world.token_of(world.owner)
        return world

    async def token_of(self, caller: Caller, **limits: Any) -> str:
        return (await self.people.create_token(caller, name="test", **limits)).secret

    async def member(self, role: Role, **limits: Any) -> str:
        """Return a token of a new person of this role."""
        member = await self.people.add_member(self.owner, name=role, role=role)
        caller = Caller(member.tenant, member.id, role)
        return await self.token_of(caller, **limits)

    async def stranger(self) -> str:
        """Return the token of the owner of another tenant with a project of the same name."""
        store = stored(self.documents)
        now = self.clock.now()
        await store.projects.insert(Project("other", "default", "", now))
        owner = Member("other", "o", "Other", "", "owner", None, now)
        await store.members.insert(owner)
        return await self.token_of(Caller("other", "o", "owner"))

    async def ask(
        self,
        method: str,
        path: str,
        value: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        body: bytes | None = None,
        query: str = "",
    ) -> Answered:
        fields = {"authorization": f"Bearer {token or self.token}", **(headers or {})}
        content = body if body is not None else b"" if value is None else json.dumps(value).encode()
        if content:
            fields.setdefault("content-type", "application/json")
        return await call(self.gateway.asgi, method, path, content, headers=fields, query=query)

    async def save(self, document: dict[str, Any] = DOCUMENT) -> Answered:
        """Create a workflow."""
        name = document["metadata"]["name"]
        return await self.ask(
            "PUT", f"{WORKFLOWS}/{name}", document, headers={"if-none-match": "*"}
        )


def changed(title: str) -> dict[str, Any]:
    """Return the document with another spec."""
    return {**DOCUMENT, "spec": {**DOCUMENT["spec"], "title": title}}


async def saved_world(folder: Path) -> RestWorld:
    """Return a world that has the workflow `orders`."""
    world = await RestWorld.make(folder)
    await world.save()
    return world


async def started(world: RestWorld, body: object = None) -> str:
    """Start the workflow `orders`; return the execution's id."""
    answer = await world.ask("POST", START, body or {"input": [{"x": 1}]})
    return str(answer.json["id"])
