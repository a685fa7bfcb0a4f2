"""One active operator: a Lease (coordination.k8s.io/v1) that its holder renews."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from typing import Any

from alur_common.telemetry import get_logger
from alur_operator.adapters.cluster import ClusterApi
from alur_operator.domain.names import MANAGER
from alur_sdk.errors import AlurError, ConflictError, NotFoundError, UnavailableError

_log = get_logger("alur.operator")


class LostError(UnavailableError):
    """Somebody else has the Lease, or it could not be renewed in time: what we do could be done twice."""


class Lease:
    """The Lease `alur-operator` of a namespace. Who finds its own name on it goes on at once, as after a restart."""

    def __init__(
        self,
        cluster: ClusterApi,
        namespace: str,
        identity: str,
        *,
        seconds: float,
        now: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._all = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._namespace = namespace
        self._identity = identity
        self._seconds = seconds
        self._now = now
        self._seen: tuple[str, float] = ("", 0.0)

    async def acquire(self) -> None:
        """Return once the Lease is ours; wait as long as somebody renews it."""
        told = ""
        while True:
            try:
                holder = await self._take()
            except ConflictError:
                continue
            except UnavailableError as error:
                holder = error.message
            if not holder:
                return
            if holder != told:
                _log.info("waiting for the lease", holder=holder)
                told = holder
            await asyncio.sleep(min(self._seconds / 5, 1.0))

    async def keep(self) -> None:
        """Renew it until cancelled. Raises `LostError` when it is no longer ours."""
        renewed = self._now()
        while True:
            await asyncio.sleep(self._seconds / 3)
            try:
                holder = await self._take()
            except AlurError as error:
                if self._now() - renewed > self._seconds:
                    raise LostError(f"the lease could not be renewed: {error.message}") from error
                continue
            if holder:
                raise LostError(f"{holder} has the lease")
            renewed = self._now()

    async def _take(self) -> str:
        """Take or renew it; return who else has it, or nothing."""
        try:
            lease = await self._cluster.call("GET", f"{self._all}/{MANAGER}")
        except NotFoundError:
            metadata = {"name": MANAGER, "namespace": self._namespace}
            kind = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
            await self._cluster.call(
                "POST", self._all, {**kind, "metadata": metadata, "spec": self._spec({})}
            )
            return ""
        spec = lease.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        if holder not in {"", self._identity} and not self._is_over(spec):
            return str(holder)
        body = {**lease, "spec": self._spec(spec)}
        await self._cluster.call("PUT", f"{self._all}/{MANAGER}", body)
        return ""

    def _is_over(self, spec: dict[str, Any]) -> bool:
        """Whether nobody renewed it for its length by our own clock: the clocks of two machines may differ."""
        renewal = str(spec.get("renewTime"))
        if renewal != self._seen[0]:
            self._seen = (renewal, self._now())
        return self._now() - self._seen[1] > float(
            spec.get("leaseDurationSeconds") or self._seconds
        )

    def _spec(self, before: dict[str, Any]) -> dict[str, Any]:
        now = datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")
        is_ours = before.get("holderIdentity") == self._identity
        changes = int(before.get("leaseTransitions") or 0) + (0 if is_ours else 1)
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._seconds)),
            "acquireTime": before.get("acquireTime", now) if is_ours else now,
            "renewTime": now,
            "leaseTransitions": changes,
        }
