"""One active operator: a Lease (coordination.k8s.io/v1) that its holder renews."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from typing import Any

from alur_common.telemetry import get_logger
from alur_operator.adapters.cluster import ClusterApi
from alur_operator.domain.names import MANAGER
from alur_sdk.errors import (
    AlurError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnavailableError,
)

NO_ANSWER = "the API server does not answer"
_log = get_logger("alur.operator")


class LostError(UnavailableError):
    """Somebody else has the Lease: what we do could be done twice."""


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
        held: asyncio.Event,
    ) -> None:
        """`held` is set while it is ours, and others do nothing while it is not."""
        self._cluster = cluster
        self._all = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._namespace = namespace
        self._identity = identity
        self._seconds = seconds
        self._now = now
        self._held = held
        self._seen: tuple[str, float] = ("", 0.0)

    async def acquire(self) -> None:
        """Return once the Lease is ours; wait as long as somebody renews it, or the API server does not give it."""
        told = ""
        self._held.clear()
        while True:
            try:
                holder = await self._take()
            except ConflictError:
                continue
            except (UnavailableError, ForbiddenError) as error:
                holder = error.message
            if not holder:
                self._held.set()
                return
            if holder != told:
                _log.info("waiting for the lease", holder=holder)
                told = holder
            await asyncio.sleep(min(self._seconds / 5, 1.0))

    async def keep(self) -> None:
        """Renew it until cancelled. Raises `LostError` when another operator has it.

        One answer that does not come costs nothing: there is time to ask again. Where it could not be renewed before
        another operator may take it, work is paused, and goes on when it turns out that none did.
        """
        renewed, pause = self._now(), self._seconds / 5
        while True:
            await asyncio.sleep(pause)
            asked = self._now()
            try:
                async with asyncio.timeout(self._patience(renewed + self._seconds - asked)):
                    holder = await self._take()
            except (AlurError, TimeoutError) as error:
                pause = self._seconds / 15
                if self._now() + pause >= renewed + self._seconds:
                    self._pause(error)
                continue
            if holder:
                self._held.clear()
                raise LostError(f"{holder} has the lease")
            if not self._held.is_set():
                _log.info("work goes on")
                self._held.set()
            renewed, pause = asked, self._seconds / 5

    async def release(self) -> None:
        """Leave it to others, who need not wait until it is over. Where that cannot be told, they wait."""
        self._held.clear()
        path = f"{self._all}/{MANAGER}"
        try:
            lease = await self._cluster.call("GET", path)
            spec = dict(lease.get("spec") or {})
            if spec.pop("holderIdentity", "") == self._identity:
                await self._cluster.call("PUT", path, {**lease, "spec": spec})
        except AlurError as error:
            _log.warning("the lease is not given back", reason=error.message)

    def _patience(self, left: float) -> float | None:
        """Return how long an answer is waited for: it leaves time for another call, and none to another operator."""
        if not self._held.is_set():
            return None
        return left if left < self._seconds / 2 else self._seconds / 3

    def _pause(self, error: AlurError | TimeoutError) -> None:
        if self._held.is_set():
            said = error.message if isinstance(error, AlurError) else NO_ANSWER
            text = f"the lease could not be renewed for {self._seconds:g} s: {said}"
            _log.warning("work paused", reason=text)
            self._held.clear()

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
