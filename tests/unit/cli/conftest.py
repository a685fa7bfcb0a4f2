"""The command line in this process, against a small HTTP server that does what a test says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from alur.main import run

PROJECT = "/api/v1/projects/default"


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """One scripted answer; `body` is bytes as they are, or anything else as JSON. With status 0 the server dies instead."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Answering = Reply | Callable[[Request], Reply]


def problem(status: int, detail: str, *errors: tuple[str, str]) -> Reply:
    faults = [{"path": path, "code": "invalid", "message": message} for path, message in errors]
    return Reply({"status": status, "detail": detail, "errors": faults}, status)


class FakeServer:
    """Answers what is scripted for a method and path: in order, the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._scripts: dict[tuple[str, str], list[Answering]] = {}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def on(self, method: str, path: str, *answers: Answering) -> None:
        """Script the answers to one method and path; paths without slash are below the project."""
        full = path if path.startswith("/") else f"{PROJECT}/{path}"
        self._scripts[method, full] = list(answers)

    def sent(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        scripted = self._scripts.get((request.method, request.path))
        if not scripted:
            return problem(404, f"nothing is scripted for {request.method} {request.path}")
        following = scripted.pop(0) if len(scripted) > 1 else scripted[0]
        return following if isinstance(following, Reply) else following(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65_537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                parts = urlsplit(self.path)
                length = int(self.headers.get("content-length", 0))
                content = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = dict(parse_qsl(parts.query))
                body = json.loads(content) if content else None
                reply = server.answer(Request(self.command, parts.path, query, headers, body))
                if not reply.status:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.content())))
                self.end_headers()
                self.wfile.write(reply.content())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
                pass

        return Handler


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ended]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own, and no setting of whoever runs it."""
    for name in (
        "ALUR_SERVER",
        "ALUR_TOKEN",
        "ALUR_CONTEXT",
        "ALUR_PROJECT",
        "ALUR_DATA",
        "ALUR_DEBUG",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """Run a server that the environment names."""
    running = FakeServer()
    monkeypatch.setenv("ALUR_SERVER", running.url)
    monkeypatch.setenv("ALUR_TOKEN", "alur_pat_test")
    yield running
    running.close()


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run one command; `feed` is its standard input."""

    def call(*arguments: str, feed: str | None = None) -> Ended:
        if feed is not None:
            wrapped = io.TextIOWrapper(io.BytesIO(feed.encode()), encoding="utf-8")
            monkeypatch.setattr("sys.stdin", wrapped)
        code = run(list(arguments))
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Ended(code, printed.out, printed.err)

    return call
