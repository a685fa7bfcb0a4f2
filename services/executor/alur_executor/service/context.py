"""The world as a node may reach it."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import structlog

from alur_common.executions import Execution, blobs_of
from alur_common.outbound.decisions import Asker
from alur_engine.expressions import Scope
from alur_engine.state import Run
from alur_executor.domain.keys import idempotency_key
from alur_executor.domain.programs import Program, Step
from alur_executor.ports import Area
from alur_executor.service.coding import Answers, Coding
from alur_executor.service.logs import RunLogs
from alur_executor.service.masking import Masks
from alur_executor.service.parts import Parts
from alur_sdk.errors import ForbiddenError, Permanent
from alur_sdk.items import Item, Json
from alur_sdk.nodes import Http, Kafka, Secret


class RunContext:
    """`NodeContext` for one node run; `at` gives another one for another item."""

    __slots__ = (
        "_execution",
        "_logs",
        "_parts",
        "_run",
        "_scope_at",
        "_step",
        "attempt",
        "files",
        "index",
        "inputs",
        "masks",
        "node_name",
        "now",
        "time_zone",
    )

    def __init__(
        self, parts: Parts, execution: Execution, program: Program, logs: RunLogs, files: Area
    ) -> None:
        self._parts = parts
        self._execution = execution
        self._logs = logs
        self.time_zone = program.settings.time_zone
        self.files: Area = files
        self.masks = Masks()
        self.inputs: Mapping[str, Sequence[Item]] = {}
        self._scope_at: Callable[[int], Scope] = _nowhere

    def begin(self, step: Step, run: Run, now: float) -> RunContext:
        """Set it to the next attempt of this node run, at its first item."""
        self._run = run
        self._step = step
        if self.masks:
            self.masks = Masks()
        self.index = 0
        self.attempt = run.attempt + 1
        self.now = now
        self.node_name = run.node.name
        return self

    def shown(self) -> dict[str, Json]:
        """Return what `$run` is for the current item."""
        return {
            "idempotencyKey": self.idempotency_key(),
            "attempt": self.attempt,
            "path": self._run.frame.path,
        }

    def at(self, index: int) -> RunContext:
        """Return a context for another item, so that items may run beside each other."""
        other = RunContext.__new__(RunContext)
        for name in RunContext.__slots__:
            setattr(other, name, getattr(self, name))
        other.index = index
        return other

    @contextmanager
    def seeing(self, scope_at: Callable[[int], Scope]) -> Iterator[None]:
        """For as long as the node runs, let its code see what the item at an index sees.

        Scopes hold the context, so that it must not hold them any longer.
        """
        self._scope_at = scope_at
        try:
            yield
        finally:
            self._scope_at = _nowhere

    @property
    def http(self) -> Http:
        return self._parts.ways.http(self._asker())

    @property
    def kafka(self) -> Kafka:
        return self._parts.ways.kafka(self._asker())

    def _asker(self) -> Asker:
        execution = self._execution
        return Asker(
            execution.tenant,
            execution.project,
            execution.workflow,
            execution.id,
            self.node_name,
        )

    @property
    def code(self) -> Coding:
        return Coding(self._parts.jail, self._execution.tenant, self.answers(), self.log)

    def answers(self) -> Answers:
        """Return what answers the questions of code, as long as the node is `seeing`."""
        return Answers(self._scope_at, lambda index: self.at(index).shown())

    def idempotency_key(self, call: int = 0) -> str:
        return idempotency_key(
            self._execution.id, self.node_name, self._run.frame.path, self.index, call
        )

    async def secret(self, slot: str) -> Secret | None:
        name = self._step.definition.credentials.get(slot)
        if name is None:
            return None
        execution = self._execution
        secret = await self._parts.definitions.unseal(execution.tenant, execution.project, name)
        try:
            secret.check_use(self._step.definition.type)
        except ForbiddenError as error:
            where = f"{self.node_name!r}, credentials.{slot}"
            raise Permanent(
                f"{where}: {error.message}", code="bad-credential", **error.details
            ) from error
        self.masks.add(secret)
        taken = self._step.graph.type.credentials.get(slot, ())
        if secret.type not in taken:
            raise Permanent(
                f"the credential {name} is of type `{secret.type}`; "
                f"the slot `{slot}` takes {' or '.join(taken)}",
                code="bad-credential",
            )
        return secret

    async def put_blob(
        self, content: bytes, media_type: str, file_name: str = ""
    ) -> dict[str, Json]:
        await self._demand_no_secret(io.BytesIO(content))
        sha256 = await blobs_of(self._parts.blobs, self._execution.id).put(content)
        return self._reference(sha256, len(content), media_type, file_name)

    async def keep_file(self, path: str, media_type: str, file_name: str = "") -> dict[str, Json]:
        with await self.files.open(path) as file:
            await self._demand_no_secret(file)
            size = file.seek(0, os.SEEK_END)
            sha256 = await blobs_of(self._parts.blobs, self._execution.id).put_file(file)
        await self.files.remove(path)
        return self._reference(sha256, size, media_type, file_name)

    async def _demand_no_secret(self, file: BinaryIO) -> None:
        """Refuse a file with a secret that this run was given: stars in it might break what it is."""
        if bool(self.masks) and await asyncio.to_thread(self.masks.are_in, file):
            raise Permanent(
                "the file holds the secret of a credential of this node, so it is not kept: the other side sent it back",
                code="bad-answer",
            )

    def _reference(
        self, sha256: str, size: int, media_type: str, file_name: str
    ) -> dict[str, Json]:
        media_type, file_name = self.masks.text(media_type), self.masks.text(file_name)
        reference = {"blob": sha256, "size": size, "mediaType": media_type}
        return {**reference, "fileName": file_name} if file_name else reference

    async def get_blob(self, reference: Mapping[str, Json]) -> bytes:
        sha256 = reference.get("blob")
        if not isinstance(sha256, str):
            raise Permanent("this is no reference to binary content", code="bad-data")
        return await self._parts.blobs.get(sha256)

    def log(self, message: str, **fields: Any) -> None:
        if self.masks:
            message = self.masks.text(message)
            fields = {name: self.masks.text(str(value)) for name, value in fields.items()}
        log = structlog.get_logger("alur.node")
        log.info(message, execution_id=self._execution.id, node=self.node_name, **fields)
        shown = [f"{name}={value}" for name, value in fields.items()]
        self._logs.add(self._run.key, " ".join([message, *shown]))


def _nowhere(index: int) -> Scope:
    raise Permanent(f"there is no item {index}")
