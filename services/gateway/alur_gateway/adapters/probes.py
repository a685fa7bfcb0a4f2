"""`/healthz`, `/readyz`, `/version`."""

from __future__ import annotations

from importlib.metadata import version

from alur_gateway.domain.answers import Answer, json_answer

_NO_STORE = (b"cache-control", b"no-store")


class Probes:
    """Tells orchestrators how this process is.

    It becomes ready once, unready for good when it drains, and unready meanwhile for as long as there is a `reason`.
    It is alive all that time.
    """

    def __init__(self) -> None:
        self.is_ready = False
        self.reason = ""
        self._version = json_answer(200, {"version": version("alur-gateway")}, [_NO_STORE])

    def answer(self, path: str) -> Answer | None:
        """Return the answer of a probe, or None when the path is none."""
        if path == "/healthz":
            return json_answer(200, {"status": "ok"}, [_NO_STORE])
        if path == "/readyz":
            return self._readiness()
        if path == "/version":
            status_code, headers, body = self._version
            return Answer(status_code, list(headers), body)
        return None

    def _readiness(self) -> Answer:
        if self.is_ready and not self.reason:
            return json_answer(200, {"status": "ready"}, [_NO_STORE])
        said = {"reason": self.reason} if self.reason else {}
        return json_answer(503, {"status": "not ready", **said}, [_NO_STORE])
