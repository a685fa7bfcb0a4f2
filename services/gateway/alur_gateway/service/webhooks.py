"""Webhooks: from a request to a durable execution, and to the answer that its trigger promises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import orjson

from alur_common.definitions import WorkflowRecord
from alur_common.executions import Execution
from alur_common.executions.content import read_entries
from alur_common.identity import derived_id
from alur_common.replies import Outcome
from alur_common.security.records import UnsealedCredential
from alur_common.starts import StartRequest
from alur_common.telemetry import get_logger
from alur_engine.validation import WEBHOOK_PROOFS
from alur_gateway.domain.answers import Answer
from alur_gateway.domain.bodies import read_body, read_pairs
from alur_gateway.domain.errors import MalformedError
from alur_gateway.domain.hooks import Hook, Hooks, hooks_of
from alur_gateway.domain.journal import reply_in
from alur_gateway.domain.replies import accepted_answer, outcome_answer, outcome_of
from alur_gateway.domain.signatures import Proof, check_proof, settled
from alur_gateway.ports import HookTable
from alur_gateway.service.needs import Needs
from alur_sdk.errors import ForbiddenError, NotFoundError, UnauthenticatedError, UnavailableError

MAX_KEY_LENGTH = 255
SECRET_SECONDS = 10.0
"""How long an unsealed webhook secret is used before it is read again."""
LOOK_AGAIN_SECONDS = 2.0
"""How often it is looked for an outcome that may be told elsewhere, or was lost."""
OTHER_SOURCES = frozenset({"run", "error"})
"""By these others name a key, or an execution, that starts one."""
_LATE = Outcome("waiting", "running")
_log = get_logger("alur.gateway")


class UnknownHookError(NotFoundError):
    """Nobody told this process of a webhook under this id."""


@dataclass(slots=True)
class Found:
    """A webhook that a request reached."""

    record: WorkflowRecord
    hook: Hook
    params: dict[str, str]


@dataclass(slots=True)
class Call:
    """A request to a webhook, its body read. `path` is what follows the webhook's id."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    """The last one of each name."""
    pairs: list[tuple[bytes, bytes]]
    """All of them, in order."""
    body: bytes
    instance: str


class Webhooks:
    """Receives calls. Nothing is acknowledged before its execution is durable."""

    def __init__(self, needs: Needs, *, name: str, reply_seconds: float) -> None:
        self._registry: HookTable = needs.registry
        self._starts = needs.starts
        self._executions = needs.executions
        self._journals = needs.journals
        self._blobs = needs.blobs
        self._replies = needs.replies
        self._clock = needs.clock
        self._ids = needs.ids
        self._name = name
        self._reply_seconds = reply_seconds
        self._ready: dict[str, tuple[WorkflowRecord, Hooks]] = {}
        self._secrets: dict[tuple[str, str], tuple[float, UnsealedCredential]] = {}

    def find(self, hook_id: str, method: str, path: str) -> Found:
        """Return the trigger at this address.

        Raises `NotFoundError` when there is none, its workflow is suspended or it is disabled, and
        `MethodError` when only the method is wrong.
        """
        record = self._registry.find_hook(hook_id)
        if record is None:
            self._ready.pop(hook_id, None)
            raise UnknownHookError("no webhook has this address")
        ready = self._ready.get(hook_id)
        if ready is None or ready[0] is not record:
            ready = self._ready[hook_id] = (record, hooks_of(record.document))
        if record.is_suspended:
            raise NotFoundError("no webhook has this address")
        hook, params = ready[1].find(method, path)
        return Found(record, hook, params)

    async def look_up(self, hook_id: str, method: str, path: str) -> Found:
        """Return the same after asking for an id that is not known: another process may have made it just now."""
        await self._registry.load_hook(hook_id)
        return self.find(hook_id, method, path)

    async def call(self, found: Found, call: Call) -> Answer:
        """Start an execution and answer as the trigger says. A repeated key answers for the first one."""
        hook, record, headers = found.hook, found.record, call.headers
        hidden = None
        if hook.proof is not None:
            proof = await self._check(found, hook.proof, call)
            hidden = proof.header if proof.reveals_secret else None
        source = _source(hook, headers)
        waits = hook.respond != "accepted"
        request = StartRequest(
            mode="webhook",
            input=[_item(found, call, hidden)],
            trigger=hook.trigger,
            source=source,
            content=call.body if source else None,
            reply_to=self._name if waits else None,
            id=derived_id(record.tenant, record.uid, *source) if source else self._ids.execution(),
        )
        if waits:
            return await self._answer_when_done(found, request, call.instance)
        accepted = await self._starts.start(record, request)
        return accepted_answer(accepted.execution.id)

    async def _answer_when_done(self, found: Found, request: StartRequest, instance: str) -> Answer:
        record, hook, execution_id = found.record, found.hook, str(request.id)
        deadline = asyncio.get_running_loop().time() + self._reply_seconds
        outcome: Outcome | None = None
        with self._replies.expect(execution_id) as future:
            accepted = await self._starts.start(record, request)
            if accepted.is_new:
                outcome = await _told(future, self._reply_seconds)
        if outcome is None or not _is_answer(hook, outcome):
            outcome = await self._looked_for(hook, execution_id, deadline)
        trace_id = accepted.execution.shown_trace
        return outcome_answer(hook, execution_id, outcome, instance, trace_id)

    async def _looked_for(self, hook: Hook, execution_id: str, deadline: float) -> Outcome:
        """Return what the store says, looking again when something is told here, and without that by and by.

        Of a repeat the gateway of the first call is told, and what was told may be lost.
        """
        while True:
            with self._replies.expect(execution_id) as future:
                known = await self._known(hook, execution_id)
                left = deadline - asyncio.get_running_loop().time()
                if known is not None or left <= 0:
                    return known or _LATE
                await _told(future, min(left, LOOK_AGAIN_SECONDS))

    async def _known(self, hook: Hook, execution_id: str) -> Outcome | None:
        """Return what an execution has come to, or None while nothing is known that answers its caller.

        A store out of reach says nothing of it: the execution is durable, and its caller is not told otherwise.
        """
        try:
            execution = await self._executions.get(execution_id)
            reply = await self._reply(execution) if hook.respond == "node" else None
            if reply is not None:
                return Outcome("reply", execution.status, reply=reply)
            if execution.has_ended:
                return await self._stored(execution)
        except UnavailableError as error:
            _log.warning("outcome not read", execution_id=execution_id, reason=error.message)
            return None
        return _LATE if execution.status in {"waiting", "in-doubt"} else None

    async def _reply(self, execution: Execution) -> dict[str, Any] | None:
        """Return what its `core.respond` answered; until its end the journal alone says it."""
        if execution.has_ended or not execution.epoch:
            return execution.reply
        batches = await self._journals.read(execution.id)
        return reply_in(await read_entries(batches, None, self._blobs))

    async def _stored(self, execution: Execution) -> Outcome:
        if execution.output_blob:
            output = orjson.loads(await self._blobs.get(execution.output_blob))
            execution = replace(execution, output=output)
        return outcome_of(replace(execution, reply=None))

    async def _check(self, found: Found, proof: Proof, call: Call) -> Proof:
        """Return the proof as it was checked.

        Raises `UnauthenticatedError`, and `UnavailableError` without the credential: no sender is to take that for their fault.
        """
        hook, record = found.hook, found.record
        if hook.credential is None:
            raise UnauthenticatedError("this webhook asks for a proof but names no credential")
        place = (f"{record.tenant}/{record.project}", hook.credential)
        now = self._clock.monotonic()
        kept = self._secrets.get(place)
        if kept is None or kept[0] < now:
            try:
                unsealed = await self._registry.unseal(
                    record.tenant, record.project, hook.credential
                )
            except NotFoundError as error:
                text = "the webhook's credential does not exist: until its owner creates it nothing can be checked"
                raise UnavailableError(text) from error
            kept = self._secrets[place] = (now + SECRET_SECONDS, unsealed)
        secret = kept[1]
        try:
            secret.check_use("trigger.webhook")
        except ForbiddenError as error:
            text = "the webhook's credential is not for webhooks"
            raise UnauthenticatedError(text, **error.details) from error
        if secret.type not in WEBHOOK_PROOFS.get(proof.kind, ()):
            text = (
                f"the webhook's credential is of type {secret.type}, which proves no {proof.kind}"
            )
            raise UnauthenticatedError(text)
        proof = settled(proof, secret.fields)
        check_proof(proof, secret.fields, call.headers, call.body, self._clock.now())
        return proof


async def _told(future: asyncio.Future[Outcome], seconds: float) -> Outcome | None:
    """Return what is told, or None when the time is over."""
    await asyncio.wait((future,), timeout=seconds)
    return future.result() if future.done() else None


def _is_answer(hook: Hook, outcome: Outcome) -> bool:
    """Return whether it is what the trigger promises: an end says nothing of a reply on the way, nor a reply of the end."""
    return outcome.kind == ("reply" if hook.respond == "node" else "ended")


def _source(hook: Hook, headers: dict[bytes, bytes]) -> tuple[str, ...] | None:
    """Return where the start comes from when the caller names its delivery.

    Ids follow from it, so it stays as it was first made; only where others say the same of theirs it says what it is.
    """
    key = headers.get(hook.idempotency_header)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise MalformedError(f"an idempotency key has 1 to {MAX_KEY_LENGTH} characters")
    source = (hook.trigger, key.decode("latin-1"))
    return ("webhook", *source) if hook.trigger in OTHER_SOURCES else source


def _item(found: Found, call: Call, hidden: bytes | None) -> dict[str, Any]:
    """Return the item of a call, without the header `hidden`: it is a secret."""
    return {
        "body": read_body(call.body, call.headers.get(b"content-type")),
        "headers": _shown_headers(call.headers, call.pairs, hidden),
        "query": read_pairs(call.query.decode("latin-1")) if call.query else {},
        "params": found.params,
        "method": call.method,
        "path": call.path,
    }


def _shown_headers(
    headers: dict[bytes, bytes], pairs: list[tuple[bytes, bytes]], hidden: bytes | None
) -> dict[str, Any]:
    """Return the headers of the item: what is a secret is left out, what repeats is joined."""
    shown = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    if len(shown) != len(pairs):
        shown = {}
        for raw_name, raw_value in pairs:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            shown[name] = f"{shown[name]}, {value}" if name in shown else value
    if hidden is not None:
        shown.pop(hidden.decode("latin-1"), None)
    if "alur_" in shown.get("cookie", ""):
        del shown["cookie"]
    return shown
