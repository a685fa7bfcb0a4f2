"""What nobody tells the operator of: changes in Alur, and the latest executions."""

from __future__ import annotations

import asyncio
from typing import Any

from alur_common.telemetry import get_logger
from alur_operator.domain.plan import Live, fingerprint, needs_care
from alur_operator.domain.status import last_execution
from alur_operator.ports import Alur, Cluster, Object
from alur_sdk.errors import AlurError, ForbiddenError

_log = get_logger("alur.operator")


class Sweep:
    """Compares, now and then, what was applied with what Alur has."""

    def __init__(self, alur: Alur, cluster: Cluster) -> None:
        self._alur = alur
        self._cluster = cluster
        self._known: dict[str, Object] = {}

    def see(self, body: Object) -> None:
        """Know the newest state of a workflow's object."""
        metadata = body["metadata"]
        self._known[metadata["uid"]] = {
            "kind": body["kind"],
            "metadata": {
                key: metadata[key]
                for key in ("name", "namespace", "labels", "annotations", "generation")
                if key in metadata
            },
            "spec": body["spec"],
            "status": body.get("status") or {},
        }

    def forget(self, uid: str) -> None:
        """Know it no longer, for it is gone or going."""
        self._known.pop(uid, None)

    async def run(self, every_seconds: float) -> None:
        """Compare again and again, until cancelled. An Alur that cannot be reached is asked the next time."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await self.once()
            except AlurError as error:
                _log.warning("sweep put off", reason=error.message)

    async def once(self) -> int:
        """Compare all once; return how many have to be handled again."""
        again = 0
        for namespace in sorted({body["metadata"]["namespace"] for body in self._known.values()}):
            handled = self._handled(namespace)
            try:
                there = await self._alur.list_workflows(namespace)
            except ForbiddenError as error:  # another namespace may be ours to see
                _log.warning("sweep put off", namespace=namespace, reason=error.message)
                continue
            for uid, body in handled.items():
                # What changed meanwhile is newer than the list, in which a workflow just made is missing.
                if self._known.get(uid) is body:
                    again += await self._compare(body, there.get(body["metadata"]["name"]))
        return again

    def _handled(self, namespace: str) -> dict[str, Object]:
        """Return, by uid, those that were handled and are not being handled now.

        Another hash: it was changed, and its handler is about to tell of it.
        """
        return {
            uid: body
            for uid, body in self._known.items()
            if body["metadata"]["namespace"] == namespace
            and body["status"].get("observedHash") == fingerprint(body)
        }

    async def _compare(self, body: Object, live: Live | None) -> bool:
        if needs_care(body, live):
            # Without the hash of what was handled it counts as new: its handler is called again, in its turn.
            await self._patch(body, {"observedHash": None})
            return True
        latest = last_execution(live.last_execution) if live else None
        if latest is not None and latest != body["status"].get("lastExecution"):
            gone: dict[str, Any] = dict.fromkeys(body["status"].get("lastExecution") or ())
            await self._patch(body, {"lastExecution": gone | latest})
        return False

    async def _patch(self, body: Object, told: dict[str, Any]) -> None:
        metadata = body["metadata"]
        await self._cluster.patch_status("workflows", metadata["namespace"], metadata["name"], told)
