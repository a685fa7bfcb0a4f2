"""A gateway on fakes: documents in memory, and an executor that does what a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemIds
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.documents.memory import MemoryDocuments
from alur_common.events import ExecutionAdmitted
from alur_common.executions import (
    DirectOutbox,
    Execution,
    Status,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
)
from alur_common.previews import Preview
from alur_common.progress import LocalProgress
from alur_common.replies import LocalReplies, Outcome
from alur_common.security.records import UnsealedCredential
from alur_common.starts import Starts
from alur_common.telemetry import Metrics
from alur_gateway.adapters.asgi import App, Message, Scope
from alur_gateway.domain.shown import Overview
from alur_gateway.main import Gateway, build
from alur_gateway.ports import Registry
from alur_gateway.service.needs import Needs
from alur_gateway.settings import Settings
from alur_sdk.errors import NotFoundError, UnavailableError
from alur_sdk.items import Json
from tests.support.clock import FakeClock
from tests.support.security import Noted

HOOK_ID = "0123456789abcdef0123456789abcdef"
Run = Callable[[Execution], Outcome | None]


def webhook(name: str = "in", **params: Any) -> dict[str, Any]:
    return {"name": name, "type": "trigger.webhook", "params": {"path": "orders", **params}}


def record_of(*triggers: dict[str, Any], hook_id: str = HOOK_ID, **spec: Any) -> WorkflowRecord:
    document = {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "orders", "namespace": "default"},
        "spec": {"triggers": list(triggers), "nodes": [], **spec},
    }
    return WorkflowRecord(
        "default", "default", "orders", "uid-1", 1, document, 1, hook_id, 0.0, 0.0, 0.0
    )


@dataclass
class FakeRegistry:
    """Just what webhooks and starts ask of a registry."""

    records: dict[str, WorkflowRecord] = field(default_factory=dict)
    secrets: dict[str, UnsealedCredential] = field(default_factory=dict)

    def find_hook(self, hook_id: str) -> WorkflowRecord | None:
        return self.records.get(hook_id)

    async def load_hook(self, hook_id: str) -> WorkflowRecord | None:
        return self.records.get(hook_id)

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        if name not in self.secrets:
            raise NotFoundError(f"there is no credential {name}")
        return self.secrets[name]

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        for record in self.records.values():
            if (record.tenant, record.project, record.name) == (tenant, project, name):
                return record
        raise NotFoundError(f"there is no workflow {name}")

    async def version(self, uid: str, number: int) -> VersionRecord:
        for r in self.records.values():
            if r.uid == uid and number == r.version:
                return VersionRecord(r.tenant, r.project, r.name, r.uid, r.version, r.document, 0.0)
        raise NotFoundError(f"there is no version {number}")


class NoPreviews:
    """Executors out of reach."""

    async def preview(self, tenant: str, asked: Preview) -> list[list[Any]]:
        raise UnavailableError("no executor is within reach to try this expression")


class NoHistory:
    """A history of executions that ran no node, and `kept` some files all the same."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    async def logs(self, execution: Execution, node: str | None) -> list[dict[str, Any]]:
        lines = [
            {"node": "a", "path": "", "attempt": 1, "at": "2026-01-31T12:00:00.000Z", "text": text}
            for text in ("one", "two", "three")
        ]
        return [line for line in lines if node in (None, line["node"])]

    async def files(self, execution: Execution) -> list[dict[str, Any]]:
        return self.kept

    async def overview(self, execution: Execution) -> Overview:
        return Overview([], doubts=[{"node": "a", "path": "", "items": [0]}])

    async def node(
        self, execution: Execution, name: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        raise NotFoundError(f"there is no node {name}")


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str]

    @property
    def json(self) -> Json:
        return json.loads(self.body)


class World:
    """Everything around one gateway."""

    gateway: Gateway

    def __init__(
        self,
        *,
        clock: FakeClock | None = None,
        documents: MemoryDocuments | None = None,
        **settings: Any,
    ) -> None:
        self.clock = clock or FakeClock()
        self.ids = SystemIds(self.clock)
        self.documents = documents or MemoryDocuments(self.clock)
        self.bus = InProcessBus()
        self.noted = Noted()
        self.blobs = MemoryBlobs()
        self.history = NoHistory()
        self.executions = StoredExecutions(self.documents)
        self.inbox = StoredInbox(self.documents)
        self.journals = StoredJournals(self.documents)
        self.replies = LocalReplies()
        self.progress = LocalProgress()
        self.hooks = FakeRegistry()
        self.starts = Starts(self.executions, self.blobs, self.bus, self.clock, self.ids)
        self.run: Run = lambda _: None
        self.bus.subscribe(ExecutionAdmitted, "executor", self._execute)
        self.settings = Settings(**{"reply_seconds": 0.2, **settings})
        self.build()

    def build(self) -> None:
        """Build the gateway on the small registry."""
        self.use(cast("Registry", self.hooks))

    def use(self, registry: Registry) -> None:
        """Build the gateway on this registry."""
        self.gateway = build(self.needs(registry), self.settings, metrics=Metrics())

    def needs(self, registry: Registry) -> Needs:
        """Return what a gateway is built on."""
        return Needs(
            registry=registry,
            starts=self.starts,
            executions=self.executions,
            journals=self.journals,
            inbox=self.inbox,
            blobs=self.blobs,
            bus=self.bus,
            outbox=DirectOutbox(self.bus),
            replies=self.replies,
            progress=self.progress,
            history=self.history,
            clock=self.clock,
            ids=self.ids,
            previews=NoPreviews(),
            security=self.noted,
        )

    async def _execute(self, event: ExecutionAdmitted) -> None:
        execution = await self.executions.get(event.key)
        outcome = self.run(execution)
        if outcome is None:
            return
        await self.executions.save(_after(execution, outcome))
        self.replies.send(execution.reply_to, execution.id, outcome)

    def keep(self, *triggers: dict[str, Any], **spec: Any) -> WorkflowRecord:
        record = record_of(*triggers, **spec)
        self.hooks.records[record.hook_id] = record
        return record

    def succeed(self, *output: Any) -> None:
        self.run = lambda _: Outcome("ended", "succeeded", list(output))

    async def hook(
        self,
        path: str = "orders",
        body: bytes = b"{}",
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Answered:
        given = {"content-type": "application/json", **(headers or {})}
        return await call(
            self.gateway.asgi, method, f"/hooks/{HOOK_ID}/{path}", body, headers=given, query=query
        )

    async def only_execution(self) -> Execution:
        (execution,) = await self.executions.search([])
        return execution


def _after(execution: Execution, outcome: Outcome) -> Execution:
    if outcome.kind == "reply":
        return replace(execution, status="running", reply=outcome.reply)
    return replace(
        execution,
        status=cast("Status", outcome.status) if outcome.kind == "ended" else "waiting",
        output=outcome.output,
        error=outcome.error,
        reply=outcome.reply,
        nodes=[],
        finished_at=execution.accepted_at + 1 if outcome.kind == "ended" else None,
    )


async def call(
    app: App,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
    query: str = "",
) -> Answered:
    """Send one request to an ASGI application, without any client library in between."""
    fields = {k.lower(): v for k, v in (headers or {}).items()}
    if body or method in {"POST", "PUT", "PATCH"}:
        fields.setdefault("content-length", str(len(body)))
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in fields.items()],
        "client": ("127.0.0.1", 1),
    }
    sent: list[Message] = []

    received: list[Message] = []

    async def receive() -> Message:
        if received:
            # The caller stays and says nothing more.
            await asyncio.Event().wait()
        received.append({"type": "http.request", "body": body, "more_body": False})
        return received[0]

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    whole = b"".join(m.get("body", b"") for m in sent[1:])
    shown = {k.decode().lower(): v.decode("latin-1") for k, v in sent[0]["headers"]}
    cookies = [v.decode() for k, v in sent[0]["headers"] if k.lower() == b"set-cookie"]
    return Answered(sent[0]["status"], shown, whole, cookies)
