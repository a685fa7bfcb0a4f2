"""The command line's HTTP client: small, on the standard library, so that a command starts at once."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from alur_sdk.errors import AlurError, InvalidError, Problem

JsonObject = dict[str, Any]
TIMEOUT_SECONDS = 60.0
_PART = 1024 * 1024
_OK = range(200, 300)
_UNAVAILABLE = {502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}


class UnreachableError(AlurError):
    """The server does not answer."""

    code = "unreachable"


class BrokenError(UnreachableError):
    """The server was there and may have done what it was asked: it broke off, or says that it cannot answer now."""


class RefusedError(AlurError):
    """The server answered with a problem; `status` is the HTTP status, `problems` name each fault."""

    code = "refused"

    def __init__(self, status: int, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: status, headers by lower-case name, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  # what a server answers is known to who asked
        """The decoded body, or None when there is none. Raises `RefusedError` when it is no JSON."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise RefusedError(
                self.status, "the answer is no JSON: is this an Alur server?"
            ) from error

    @property
    def etag(self) -> str | None:
        """The revision of what was answered."""
        return self.headers.get("etag")


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Client:
    """Speaks to one server. Every failure is an `AlurError` that says what to do, and who named the server."""

    def __init__(self, server: str, token: str | None, origin: str) -> None:
        self.server = server.rstrip("/")
        self._origin = origin
        self.token = token
        parts = urlsplit(self.server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = f"{server!r} is no server address, such as http://127.0.0.1:8080"
            raise InvalidError(message)
        self._parts = parts

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Send one request and return the answer, whatever its status. Raises `UnreachableError`."""
        with self._exchange(
            method, path, body, query=query, headers=headers, timeout=timeout
        ) as response:
            content = response.read()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, content)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Send one request; an answer that is no success is raised as `RefusedError`."""
        answer = self.send(method, path, body, query=query, headers=headers, timeout=timeout)
        if answer.status not in _OK:
            raise refusal(answer)
        return answer

    def follow(self, path: str, *, quiet_seconds: float = 60.0) -> Iterator[tuple[str, Any]]:
        """Yield the type and data of Server-Sent Events until the server ends them.

        A server that says nothing for `quiet_seconds`, heartbeats included, is out of reach.
        """
        headers = {"accept": "text/event-stream"}
        with self._exchange("GET", path, headers=headers, timeout=quiet_seconds) as response:
            if response.status not in _OK:
                raise refusal(Answer(response.status, {}, response.read()))
            yield from _events(response)

    @contextmanager
    def download(self, path: str, timeout: float = TIMEOUT_SECONDS) -> Iterator[Iterator[bytes]]:
        """Yield the parts of what is answered, which are never in memory as a whole.

        They end with `UnreachableError` when the server breaks off, and with what an answer without success is raised as.
        """
        with self._exchange("GET", path, timeout=timeout) as response:
            if response.status not in _OK:
                raise refusal(Answer(response.status, {}, response.read()))
            yield iter(lambda: response.read(_PART), b"")
            if response.length:  # the standard library takes a broken-off body for its end
                raise http.client.IncompleteRead(b"", response.length)

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float,
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection(timeout)
        kind = UnreachableError
        content = None if body is None else json.dumps(body).encode()
        asked = {key: value for key, value in (query or {}).items() if value is not None}
        target = self._parts.path + path + (f"?{urlencode(asked)}" if asked else "")
        try:
            connection.connect()
            kind = BrokenError
            connection.request(method, target, content, self._headers(content, headers))
            yield connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            message = (
                f"{self.server} ({self._origin}) does not answer: {_reason(error)}; "
                "see whether it runs there, or name another server by --server"
            )
            raise kind(message) from error
        finally:
            connection.close()

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        host = self._parts.hostname or ""
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, self._parts.port, timeout=timeout)
        return http.client.HTTPConnection(host, self._parts.port, timeout=timeout)

    def _headers(self, content: bytes | None, headers: Mapping[str, str] | None) -> dict[str, str]:
        sent = {"accept": "application/json", "user-agent": "alur-cli"}
        if content is not None:
            sent["content-type"] = "application/json"
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        return sent | dict(headers or {})


def refusal(answer: Answer) -> AlurError:
    """Return the error that an answer without success is, from its problem document (RFC 9457)."""
    try:
        problem = json.loads(answer.body)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    said = str(
        problem.get("detail") or problem.get("title") or f"the server answered {answer.status}"
    )
    # A server whose disk is full is there, and says so: that is a refusal.
    if answer.status in _UNAVAILABLE and problem.get("code") != "storage":
        return BrokenError(f"{said}; try again in a moment")
    if answer.status in _REDIRECTS:
        said = f"the server moved to {answer.headers.get('location', '?')}: name that one"
    faults = problem.get("errors")
    return RefusedError(answer.status, said, _problems(faults if isinstance(faults, list) else []))


def _problems(faults: list[Any]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            str(fault.get("path", "")), str(fault.get("code", "")), str(fault.get("message", ""))
        )
        for fault in faults
        if isinstance(fault, dict)
    )


def _events(response: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    """Read the stream as the HTML standard has it, section 9.2; each message is one JSON object."""
    lines: list[str] = []
    for raw in response:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            message = json.loads("\n".join(lines))
            lines = []
            yield str(message.get("type", "")), message.get("data")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:200]
