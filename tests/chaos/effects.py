"""The world that executions act on: a server that writes down, synced, each thing it was asked to do, and under which key."""

from __future__ import annotations

import http.server
import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ANSWER = b'{"ok": true}'


class Effects:
    """What was done: one line each, `{effect, key, at}`."""

    def __init__(self, path: Path, pause: float) -> None:
        self.port = 0
        self.pause = pause
        self.figures: dict[str, Any] = {}
        """What the test has measured, for the table of figures."""
        self._path = path
        self._file = path.open("ab")
        self._lock = threading.Lock()

    def record(self, effect: str, key: str) -> None:
        """Write down, and sync, that something was asked for."""
        line = json.dumps({"effect": effect, "key": key, "at": time.time()}) + "\n"
        with self._lock:
            self._file.write(line.encode())
            self._file.flush()
            os.fsync(self._file.fileno())

    def all(self) -> list[dict[str, Any]]:
        """Return everything that was asked for."""
        with self._lock:
            return [json.loads(line) for line in self._path.read_bytes().splitlines()]

    def keys(self) -> dict[str, set[str]]:
        """Return effect -> the keys under which it was asked for."""
        keys: dict[str, set[str]] = defaultdict(set)
        for seen in self.all():
            keys[seen["effect"]].add(seen["key"])
        return keys

    def close(self) -> None:
        self._file.close()


@contextmanager
def effects(path: Path, pause: float = 0.05) -> Iterator[Effects]:
    """Serve on a free port; each request takes `pause` seconds."""
    kept = Effects(path, pause)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            kept.record(body["effect"], self.headers.get("idempotency-key", ""))
            time.sleep(kept.pause)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_: object) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # whoever asked was killed

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 512
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    kept.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        kept.close()
