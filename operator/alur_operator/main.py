"""Builds the operator from its parts."""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any, cast

import kopf

from alur_common.catalogue import load_catalogue
from alur_common.process import Process, process
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
from alur_operator.adapters.lease import Lease
from alur_operator.service.following import Following
from alur_operator.service.runs import RunKeeper
from alur_operator.service.sweep import Sweep
from alur_operator.service.workflows import WorkflowKeeper
from alur_operator.settings import Settings


def tell(body: Mapping[str, Any], *, reason: str, message: str, warning: bool = False) -> None:
    """Tell of a transition, as an Event of the object."""
    kind = "Warning" if warning else "Normal"
    kopf.event(cast(kopf.Body, body), type=kind, reason=reason, message=message[:1_000])


async def main(settings: Settings) -> None:
    """Run the operator until told to stop, or until another one has its place."""
    settings.bearer()
    # They tell of each event of each object, and of each probe.
    for name in ("kopf.objects", "kopf.activities", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    async with (
        process("operator", settings) as running,
        AlurApi(settings.server, settings.bearer) as alur,
        ClusterApi() as cluster,
    ):
        lease = Lease(
            cluster,
            settings.lease_namespace or cluster.namespace,
            settings.identity,
            seconds=settings.lease_seconds,
            now=time.monotonic,
        )
        await running.until_told(_operate(settings, running, alur, cluster, lease))


async def _operate(
    settings: Settings, running: Process, alur: AlurApi, cluster: ClusterApi, lease: Lease
) -> None:
    await lease.acquire()
    limit = settings.cleanup_seconds
    runs = RunKeeper(alur, cluster, time.time, cleanup_seconds=limit)
    following = Following(runs, cluster, time.time)
    sweep = Sweep(alur, cluster)
    workflows = WorkflowKeeper(alur, tell, time.time, cleanup_seconds=limit)
    registry = kopf.OperatorRegistry()
    keepers = Keepers(workflows, runs, following, sweep)
    watched = settings.watched(cluster.namespace)
    Handlers(
        keepers, cluster, running.metrics, workers=settings.workers, namespaces=len(watched)
    ).register(registry)
    operator = kopf.operator(
        registry=registry,
        namespaces=watched,
        clusterwide=not watched,
        standalone=True,
        # Else it asks for the name of our user, which an image need not know.
        identity=cast(Any, settings.identity),
        liveness_endpoint=f"http://{settings.health_host}:{settings.health_port}/healthz",
    )
    await running.until_told(
        operator,
        lease.keep(),
        following.run(),
        sweep.run(settings.resync_seconds),
        *_webhook(settings, running, cluster),
    )


def _webhook(
    settings: Settings, running: Process, cluster: ClusterApi
) -> list[Coroutine[Any, Any, None]]:
    """Return what serves the admission webhook, where it has a name. Raises `InvalidError` without its certificate."""
    if not settings.webhook_name:
        return []
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
    return [certificate.keep(), server.serve(host, port, context)]
