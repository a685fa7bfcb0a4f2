"""Events of outside producers start executions: each once, and only those that are who they say."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from alur_common.bus import PoisonError
from alur_common.clock import Clock
from alur_common.events import OUTSIDE_DAYS, ExternalReceived
from alur_common.security.events import Notes, SecurityEvent
from alur_common.starts import StartRequest, Starts
from alur_common.telemetry import get_logger
from alur_scheduler.domain.outside import OLDEST_SECONDS, age_of, fits, is_signed_by, item_of
from alur_scheduler.ports import Definitions
from alur_scheduler.service.listeners import EVENT, Listeners
from alur_sdk.errors import ExpressionError, LimitError, NotFoundError

if TYPE_CHECKING:
    from alur_engine.expressions import Template

STEPS, BYTES = 100_000, 8 * 1024 * 1024
"""What one filter may use: it runs between other work."""
_log = get_logger("alur.scheduler")


class OutsideEvents:
    """Handles what comes on `alur.event.external.received.v1`. Safe to repeat."""

    def __init__(
        self,
        listeners: Listeners,
        definitions: Definitions,
        starts: Starts,
        clock: Clock,
        notes: Notes,
        *,
        trusts_topic: bool,
    ) -> None:
        self._listeners = listeners
        self._definitions = definitions
        self._starts = starts
        self._clock = clock
        self._notes = notes
        self._trusts_topic = trusts_topic

    async def on_received(self, event: ExternalReceived) -> None:
        """Start what waits for it. Raises `PoisonError` for one that is unsigned, forged or unreadable."""
        try:
            tenant = await self._tenant_of(event)
        except PoisonError as error:
            self._note(event, error)
            raise
        try:
            item = item_of(event)
        except ValueError as error:
            raise PoisonError(
                f"the data are not {event.content_type or 'JSON'}: {error}"
            ) from error
        async for listener in self._listeners.all_of(EVENT, tenant):
            params = listener["params"]
            if fits(params, event) and self._lets_in(params.get("filter", ""), item, listener):
                await self._start(listener, event, item)

    def _note(self, event: ExternalReceived, error: PoisonError) -> None:
        """Note a refused event. Its tenant counts only where the key is known: anybody can name one."""
        self._notes.note(
            SecurityEvent(
                "event-refused",
                tenant=str(error.details.get("tenant", "")),
                reason=error.message,
                source=event.source,
                target=event.type,
            )
        )

    async def _tenant_of(self, event: ExternalReceived) -> str:
        """Return whose event it is."""
        if event.signature or event.producer:
            return await self._signed_tenant(event)
        if not self._trusts_topic:
            raise PoisonError(
                "the event is not signed: ce_alurkey and ce_alursignature are missing"
            )
        tenant = await self._definitions.only_tenant()
        if tenant is None:
            raise PoisonError("the event is not signed, and the installation has several tenants")
        if event.tenant not in {"", tenant}:
            raise PoisonError("the event is not signed, and names a tenant that is not there")
        return tenant

    async def _signed_tenant(self, event: ExternalReceived) -> str:
        if not (event.tenant and event.producer and event.signature):
            raise PoisonError(
                "a signed event has all of ce_alurtenant, ce_alurkey and ce_alursignature"
            )
        try:
            producer = await self._definitions.unseal_producer(event.tenant, event.producer)
        except NotFoundError as error:
            raise PoisonError("the event is signed with a key that is not known") from error
        if not is_signed_by(producer.fields["secret"], event):
            raise PoisonError(
                "the signature is not that of the key which the event names", tenant=event.tenant
            )
        age = age_of(event, self._clock.now())
        if age is None:
            raise PoisonError(
                "a signed event says when it happened: ce_time, RFC 3339 with a zone",
                tenant=event.tenant,
            )
        if age > OLDEST_SECONDS:
            raise PoisonError(f"the event is older than {OUTSIDE_DAYS} days", tenant=event.tenant)
        return event.tenant

    def _lets_in(self, text: str, item: dict[str, Any], listener: dict[str, Any]) -> bool:
        if not text:
            return True
        from alur_engine.expressions import Scope, truthy  # noqa: PLC0415  # the parser takes its time

        now_ms = int(self._clock.now() * 1000)
        try:
            value = _filter(text)(Scope(item, item={"json": item}, now_ms=now_ms))
        except (ExpressionError, LimitError) as error:
            _log.info(
                "filter lets an event pass by",
                workflow_id=listener["uid"],
                trigger=listener["trigger"],
                reason=error.message[:200],
            )
            return False
        return truthy(value)

    async def _start(
        self, listener: dict[str, Any], event: ExternalReceived, item: dict[str, Any]
    ) -> None:
        try:
            record = await self._definitions.active(
                listener["tenant"], listener["project"], listener["workflow"]
            )
        except NotFoundError:
            return
        if record.uid != listener["uid"] or record.is_suspended:
            return  # it was deleted, or rests, since the listener was written
        request = StartRequest(
            mode="event",
            input=[item],
            trigger=listener["trigger"],
            source=("event", listener["trigger"], event.source, event.id),
        )
        await self._starts.start(record, request)


@lru_cache(maxsize=500)
def _filter(text: str) -> Template:
    from alur_engine.expressions import CompiledSubset, Evaluator, Limits  # noqa: PLC0415  # as above

    return Evaluator((CompiledSubset(),), Limits(STEPS, BYTES)).template(text)
