"""Builds the operator from its parts."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, cast

import kopf

from alur_common.catalogue import load_catalogue
from alur_common.process import Process, process
from alur_common.telemetry import get_logger
from alur_engine.catalogue import Catalogue
from alur_engine.validation import validate_document
from alur_operator.adapters.admission import AdmissionServer, Certificate
from alur_operator.adapters.alur_api import AlurApi
from alur_operator.adapters.certificates import (
    GivenCertificate,
    OwnCertificate,
    server_context,
)
from alur_operator.adapters.cluster import ClusterApi
from alur_operator.adapters.handlers import Handlers, Keepers
from alur_operator.adapters.health import Health
from alur_operator.adapters.lease import Lease
from alur_operator.adapters.pausing import ending_with, pausing
from alur_operator.adapters.reach import Reach
from alur_operator.service.following import Following
from alur_operator.service.runs import RunKeeper
from alur_operator.service.sweep import Sweep
from alur_operator.service.workflows import WorkflowKeeper
from alur_operator.settings import Settings

FIRST_PAUSE_SECONDS, SLOWEST_PAUSE_SECONDS = 0.5, 30.0
STEADY_SECONDS = 60.0
"""After so long the next pause is a short one again."""
_log = get_logger("alur.operator")


def tell(body: Mapping[str, Any], *, reason: str, message: str, warning: bool = False) -> None:
    """Tell of a transition, as an Event of the object."""
    kind = "Warning" if warning else "Normal"
    kopf.event(cast(kopf.Body, body), type=kind, reason=reason, message=message[:1_000])


async def main(settings: Settings) -> None:
    """Run the operator until told to stop, or until another one has its place."""
    settings.bearer()
    # They tell of each event of each object.
    for name in ("kopf.objects", "kopf.activities"):
        logging.getLogger(name).setLevel(logging.WARNING)
    held, health = asyncio.Event(), Health()
    async with (
        process("operator", settings) as running,
        health.served(settings.health_host, settings.health_port),
        AlurApi(settings.server, settings.bearer, held) as alur,
        ClusterApi() as cluster,
    ):
        lease = Lease(
            cluster,
            settings.lease_namespace or cluster.namespace,
            settings.identity,
            seconds=settings.lease_seconds,
            now=time.monotonic,
            held=held,
        )
        work = partial(_work, settings, running, alur, cluster, lease, health=health)
        await _operate(running, lease, work)
        if held.is_set():
            await lease.release()


async def _operate(
    running: Process, lease: Lease, work: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Work while the Lease is ours, until told to stop.

    Where another one has it, or kopf gives the API server up, all that was known is forgotten, for another operator may have
    worked meanwhile; with the Lease in hand again it begins anew.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        await running.until_told(lease.acquire())
        if running.is_told:
            return
        began = time.monotonic()
        reason = await pausing(work())
        if not reason:
            return
        if time.monotonic() - began > STEADY_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        _log.warning("work begins anew", reason=reason, seconds=round(pause, 1))
        spread = pause * random.uniform(0.7, 1.3)  # noqa: S311  # to spread load
        await running.until_told(asyncio.sleep(spread))
        pause = min(pause * 2, SLOWEST_PAUSE_SECONDS)


async def _work(
    settings: Settings,
    running: Process,
    alur: AlurApi,
    cluster: ClusterApi,
    lease: Lease,
    *,
    health: Health,
) -> None:
    limit = settings.cleanup_seconds
    runs = RunKeeper(alur, cluster, tell, time.time, cleanup_seconds=limit)
    following = Following(runs, cluster, time.time)
    sweep = Sweep(alur, cluster)
    workflows = WorkflowKeeper(alur, tell, time.time, cleanup_seconds=limit)
    registry = kopf.OperatorRegistry()
    keepers = Keepers(workflows, runs, following, sweep)
    reach = Reach(cluster, settings.watched(cluster.namespace))
    watched = await reach.namespaces()
    handlers = Handlers(
        keepers, cluster, running.metrics, workers=settings.workers, namespaces=len(watched)
    )
    handlers.register(registry)
    served, serving = _webhook(settings, running, cluster)
    await running.until_told(
        _watch(running, registry, watched, settings.identity),
        lease.keep(),
        reach.until_changed(watched),
        following.run(),
        sweep.run(settings.resync_seconds),
        *serving,
        _be_ready(served, health.working(handlers.watches.silent_seconds)),
    )


async def _watch(
    running: Process, registry: kopf.OperatorRegistry, namespaces: Sequence[str], identity: str
) -> None:
    """Have kopf watch. Signals stay ours: kopf would take them, and when it stops it cancels whatever began after it."""
    tasks = await kopf.spawn_tasks(
        registry=registry,
        namespaces=namespaces,
        clusterwide=not namespaces,
        standalone=True,
        # Else it asks for the name of our user, which an image need not know.
        identity=cast(Any, identity),
    )
    running.listen()
    with ending_with(tasks):
        await kopf.run_tasks(tasks, ignored=asyncio.all_tasks() - set(tasks))


async def _be_ready(served: asyncio.Event, working: AbstractContextManager[None]) -> None:
    """Say that we work once the admission webhook is served as well, until cancelled."""
    await served.wait()
    with working:
        await asyncio.Event().wait()


def _webhook(
    settings: Settings, running: Process, cluster: ClusterApi
) -> tuple[asyncio.Event, list[Coroutine[Any, Any, None]]]:
    """Return what serves the admission webhook, where it has a name, and what is set once it is served.

    Raises `InvalidError` without its certificate.
    """
    if not settings.webhook_name:
        nothing = asyncio.Event()
        nothing.set()
        return nothing, []
    types, context = Catalogue.from_json(load_catalogue()), server_context()
    certificate: Certificate
    if settings.webhook_certificate:
        certificate = GivenCertificate(settings.webhook_certificate, context)
    else:
        tell = partial(cluster.trust, settings.webhook_configuration)
        seconds = settings.webhook_renew_seconds
        certificate = OwnCertificate(context, settings.webhook_name, tell, renew_seconds=seconds)
    server = AdmissionServer(lambda raw: validate_document(raw, types)[1], running.metrics)
    host, port = settings.webhook_host, settings.webhook_port
    return server.is_served, [certificate.keep(), server.serve(host, port, context)]
