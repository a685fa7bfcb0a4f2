"""The admission webhook: the API server asks it before it keeps a Workflow."""

from __future__ import annotations

import asyncio
import ssl
from typing import Protocol

import orjson
from aiohttp import web

from alur_common.telemetry import Metrics, get_logger
from alur_operator.domain.admission import Problems, review

PATH = "/workflows"
LARGEST_BYTES = 8 * 1024 * 1024
"""A question holds the object and what it was before, each as large as etcd takes them."""
_log = get_logger("alur.operator")


class Certificate(Protocol):
    """Keeps the certificate of a TLS context valid."""

    async def keep(self) -> None:
        """Do so until cancelled."""


class AdmissionServer:
    """Answers what the API server asks. It needs neither Alur nor the cluster for that."""

    def __init__(self, problems: Problems, metrics: Metrics) -> None:
        self._problems = problems
        self._count = metrics.counter("operator_admissions_total")
        self.is_served = asyncio.Event()

    async def serve(self, host: str, port: int, context: ssl.SSLContext) -> None:
        """Serve until cancelled."""
        app = web.Application(client_max_size=LARGEST_BYTES)
        app.router.add_post(PATH, self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, ssl_context=context).start()
            self.is_served.set()
            _log.info("admission webhook served", port=port)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            answer = review(orjson.loads(await request.read()), self._problems)
        except (ValueError, KeyError, TypeError) as error:
            self._count.labels("malformed").inc()
            return web.Response(status=400, text=f"this is no AdmissionReview: {error!r}\n")
        is_allowed = answer["response"]["allowed"]
        self._count.labels("allowed" if is_allowed else "refused").inc()
        return web.Response(body=orjson.dumps(answer), content_type="application/json")
