"""`/healthz`, `/readyz`, `/version`."""

from __future__ import annotations

from importlib.metadata import version

from alur_gateway.domain.answers import Answer, json_answer

_NO_STORE = (b"cache-control", b"no-store")


class Probes:
    """Tells orchestrators how this process is. It becomes ready once, and unready for good when it drains."""

    def __init__(self) -> None:
        self.is_ready = False
        self._version = json_answer(200, {"version": version("alur-gateway")}, [_NO_STORE])

    def answer(self, path: str) -> Answer | None:
        """Return the answer of a probe, or None when the path is none."""
        if path == "/healthz":
            return json_answer(200, {"status": "ok"}, [_NO_STORE])
        if path == "/readyz":
            status, word = (200, "ready") if self.is_ready else (503, "not ready")
            return json_answer(status, {"status": word}, [_NO_STORE])
        if path == "/version":
            status_code, headers, body = self._version
            return Answer(status_code, list(headers), body)
        return None
