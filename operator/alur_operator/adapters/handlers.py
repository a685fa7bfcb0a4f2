"""kopf's handlers: each reads, has a keeper decide and act, and tells kopf when to come again."""

from __future__ import annotations

import datetime
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
import kopf

from alur_common.telemetry import Metrics
from alur_operator.adapters.cluster import ClusterApi, connection, session
from alur_operator.adapters.handled import HandledHash
from alur_operator.adapters.watches import KINDS, WATCH_SECONDS, Watches
from alur_operator.domain.names import FINALIZER, GROUP, MANAGER, VERSION
from alur_operator.domain.status import is_told, run_seen, says_more
from alur_operator.service.following import Following
from alur_operator.service.runs import RunKeeper
from alur_operator.service.sweep import Sweep
from alur_operator.service.turns import Turns
from alur_operator.service.workflows import LaterError, WorkflowKeeper
from alur_sdk.errors import AlurError

WORKFLOWS = (GROUP, VERSION, "workflows")
RUNS = (GROUP, VERSION, "workflowruns")
SLOWEST_SECONDS = 30.0
CONSISTENCY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Keepers:
    """Who decides."""

    workflows: WorkflowKeeper
    runs: RunKeeper
    following: Following
    sweep: Sweep


class Handlers:
    """What kopf calls. Its names stand in annotations while something is tried again: they do not change."""

    def __init__(
        self,
        keepers: Keepers,
        cluster: ClusterApi,
        metrics: Metrics,
        *,
        workers: int,
        namespaces: int,
    ) -> None:
        self._cluster = cluster
        self._keep = keepers
        # A thousand objects at once are not a thousand handshakes.
        self._connections = workers + len(KINDS) * max(namespaces, 1)
        self._turns = Turns(workers, time.monotonic)
        self.watches = Watches(metrics, time.monotonic)
        self._count = metrics.counter("operator_reconciles_total")
        self._seconds = metrics.times("operator_reconcile_seconds")
        self._waits = metrics.times("operator_queue_wait_seconds")
        metrics.gauge("operator_runs_followed").set_function(lambda: len(keepers.following))
        depth, oldest = (
            metrics.gauge(f"operator_queue_{what}") for what in ("depth", "oldest_seconds")
        )
        for kind in KINDS.values():
            depth.labels(kind).set_function(partial(self._turns.depth, kind))
            oldest.labels(kind).set_function(partial(self._turns.oldest_seconds, kind))

    def register(self, registry: kopf.OperatorRegistry) -> None:
        """Have kopf call us."""
        kopf.on.startup(registry=registry)(self.configure)
        kopf.on.login(registry=registry)(self.login)
        for decorate in (kopf.on.create, kopf.on.update, kopf.on.resume):
            decorate(*WORKFLOWS, id="reconcile", registry=registry)(self.reconcile)
            decorate(*RUNS, id="start", registry=registry)(self.start)
        kopf.on.delete(*WORKFLOWS, id="remove", registry=registry)(self.remove)
        kopf.on.delete(*RUNS, id="cancel", registry=registry)(self.cancel)
        kopf.on.event(*WORKFLOWS, id="see", registry=registry)(self.see_workflow)
        kopf.on.event(*RUNS, id="see", registry=registry)(self.see_run)

    async def configure(self, settings: kopf.OperatorSettings, **_: Any) -> None:
        """Set kopf up: our names, bounded queues, watches that end before proxies end them."""
        settings.persistence.finalizer = FINALIZER
        settings.persistence.diffbase_storage = HandledHash()
        settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(
            prefix=GROUP, v1=False
        )
        # So long it waits to be told of its own patch: with a thousand at once five seconds are too few, and some are handled twice.
        settings.persistence.consistency_timeout = CONSISTENCY_SECONDS
        settings.watching.server_timeout = WATCH_SECONDS
        settings.watching.chunk_size = 500
        # No limit of kopf's: what sleeps until it is tried again would count, and fifty broken objects hold up all others.
        settings.queueing.idle_timeout = 0.1
        settings.execution.max_workers = 1
        settings.networking.request_timeout = 30
        settings.posting.reporting_component = MANAGER
        settings.posting.event_name_prefix = f"{MANAGER}-"
        settings.scanning.disabled = True
        # It would kill the process that goes on after a pause; a Pod that does not end is killed by its node.
        settings.process.ultimate_exiting_timeout = None

    async def login(self, **_: Any) -> kopf.AiohttpSession:
        """Reach the cluster; kopf asks again when it is refused."""
        info = connection()
        made: aiohttp.ClientSession = session(
            info, self.watches.tracing(), connections=self._connections
        )
        return kopf.AiohttpSession(
            server=info.server, default_namespace=info.default_namespace, aiohttp_session=made
        )

    async def reconcile(self, body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        """Make Alur's workflow what the object says."""
        async with self._measured("workflow", body, patch, retry) as told:
            await self._hold("workflows", body)
            told.status = await self._keep.workflows.reconcile(body)

    async def start(self, body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        """Start the run's execution, or go on with what was begun."""
        if self._keep.runs.is_settled(body):
            self._keep.following.take(body)
            if not is_told(seen := run_seen(body), body["status"]):
                patch.status.update(seen)
            return
        async with self._measured("run", body, patch, retry) as told:
            await self._hold("workflowruns", body)
            told.status = await self._keep.runs.start(body)
            self._keep.following.take(
                {**body, "status": {**(body.get("status") or {}), **told.status}}
            )

    async def remove(self, body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        """Delete the workflow."""
        async with self._measured("workflow", body, patch, retry):
            await self._keep.workflows.remove(body, _waited(body), retry + 1)

    async def cancel(self, body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        """Cancel the run's execution."""
        self._keep.following.drop(body["metadata"]["uid"])
        async with self._measured("run", body, patch, retry):
            await self._keep.runs.cancel(body, _waited(body), retry + 1)

    async def see_workflow(self, body: kopf.Body, type: str | None, **_: Any) -> None:  # noqa: A002  # kopf's name
        """Know what is there, for the comparison."""
        if type == "DELETED" or body["metadata"].get("deletionTimestamp"):
            self._keep.sweep.forget(body["metadata"]["uid"])
        else:
            self._keep.sweep.see(body)

    async def see_run(self, body: kopf.Body, type: str | None, **_: Any) -> None:  # noqa: A002  # kopf's name
        """Forget what is gone, and look again at what somebody else told of."""
        if type == "DELETED" or body["metadata"].get("deletionTimestamp"):
            self._keep.following.drop(body["metadata"]["uid"])
        else:
            self._keep.following.see(body)

    async def _hold(self, plural: str, body: kopf.Body) -> None:
        """Have our finalizer on an object before Alur hears of it: kopf puts it there with the status, which is too late.

        Were we to end in between, the object could be deleted without Alur's being told.
        """
        try:
            await self._cluster.hold(plural, body)
        except AlurError as error:
            raise LaterError(error.message) from error

    @asynccontextmanager
    async def _measured(
        self, kind: str, body: kopf.Body, patch: kopf.Patch, retry: int
    ) -> AsyncIterator[_Told]:
        """Wait for a turn, measure what is done, write its status, and turn `LaterError` into kopf's own.

        Later is later each time, and not all at once.
        """
        async with self._turns.taken(kind) as waited:
            self._waits.of(kind).observe(waited)
            began, told, result = time.monotonic(), _Told(), "failed"
            try:
                yield told
                result = "done"
                if not is_told(told.status, body.get("status") or {}):
                    patch.status.update(told.status)
            except LaterError as error:
                result = "later"
                # Telling the same again would only wake ourselves.
                if error.status and says_more(error.status, body.get("status") or {}):
                    patch.status.update(error.status)
                delay = min(pause_before(retry), error.within_seconds)
                raise kopf.TemporaryError(str(error), delay=delay) from error
            finally:
                self._count.labels(kind, result).inc()
                self._seconds.of(kind).observe(time.monotonic() - began)


def pause_before(retry: int) -> float:
    """Return the seconds before a try: each is longer up to `SLOWEST_SECONDS`, and not all objects are tried at once."""
    steps = min(retry, 10)  # an object may fail for months
    return min(SLOWEST_SECONDS, 0.5 * 1.7**steps) * random.uniform(0.7, 1.3)  # noqa: S311  # to spread load


@dataclass(slots=True)
class _Told:
    """The status that a handler came to."""

    status: Mapping[str, Any] = field(default_factory=dict)


def _waited(body: kopf.Body) -> float:
    """Return for how long an object has been waiting to be deleted."""
    asked = datetime.datetime.fromisoformat(body["metadata"]["deletionTimestamp"])
    return (datetime.datetime.now(datetime.UTC) - asked).total_seconds()
