"""The status of a pod, as a kubelet reports it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.node.api import Object


def now() -> str:
    """Return the time, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ContainerState:
    """What is known of a container; `ended` is the exit code of its last end."""

    name: str
    image: str
    started_at: str = ""
    ended: int | None = None
    ended_at: str = ""
    restarts: int = 0
    is_started: bool = False
    is_ready: bool = False
    waits: str = "ContainerCreating"
    is_over: bool = False
    """It has ended and does not start again."""

    def told(self) -> Object:
        """Return its `containerStatus`."""
        last = self._terminated() if self.ended is not None else None
        return {
            "name": self.name,
            "image": self.image,
            "imageID": self.image,
            "ready": self.is_ready,
            "started": self.is_started,
            "restartCount": self.restarts,
            "state": self._state(last),
            **({"lastState": {"terminated": last}} if last and not self.is_over else {}),
        }

    def _state(self, last: Object | None) -> Object:
        if self.is_over and last:
            return {"terminated": last}
        if self.waits:
            return {"waiting": {"reason": self.waits}}
        return {"running": {"startedAt": self.started_at}}

    def _terminated(self) -> Object:
        reason = "Completed" if self.ended == 0 else "Error"
        times = {"startedAt": self.started_at, "finishedAt": self.ended_at}
        return {"exitCode": self.ended, "reason": reason, **times}


@dataclass
class PodState:
    """What is known of a pod."""

    address: str
    containers: list[ContainerState]
    began: str = field(default_factory=now)
    _conditions: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether all its containers are."""
        return all(c.is_ready for c in self.containers)

    @property
    def phase(self) -> str:
        """Return its phase."""
        if all(c.is_over for c in self.containers):
            return "Succeeded" if all(c.ended == 0 for c in self.containers) else "Failed"
        has_begun = any(c.started_at for c in self.containers)
        return "Running" if has_begun else "Pending"

    def told(self) -> Object:
        """Return its status."""
        ready = "True" if self.is_ready else "False"
        wanted = {
            "PodScheduled": "True",
            "PodReadyToStartContainers": "True",
            "Initialized": "True",
            "ContainersReady": ready,
            "Ready": ready,
        }
        for kind, status in wanted.items():
            if self._conditions.get(kind, {}).get("status") != status:
                told = {"type": kind, "status": status, "lastTransitionTime": now()}
                self._conditions[kind] = told
        return {
            "phase": self.phase,
            "hostIP": "127.0.0.1",
            "podIP": self.address,
            "podIPs": [{"ip": self.address}],
            "startTime": self.began,
            "conditions": list(self._conditions.values()),
            "containerStatuses": [c.told() for c in self.containers],
        }
