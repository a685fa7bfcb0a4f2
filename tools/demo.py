"""Start Alur, apply the examples, send one real GitHub delivery, and show what became of it."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import hmac
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from tools.servers.running import free_port

ROOT = Path(__file__).parents[1]
ALUR = Path(sys.executable).with_name("alur")
DELIVERY = ROOT / "tools/github-issues-opened.json"
READY_SECONDS = 30
HOUR = ("--name", "make run", "--expires", "1h", "--quiet")
OK = 200
SAY = Console(highlight=False, soft_wrap=True)


class DemoError(Exception):
    """The demonstration cannot go on; the message says why."""


def is_taken(port: int) -> bool:
    """Return whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def alur_dev(
    data: Path, port: int, grpc_port: int
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `alur dev`, yield it with its address once it is ready, and stop it at the end."""
    data.parent.mkdir(parents=True, exist_ok=True)
    log, url = data.with_suffix(".log"), f"http://127.0.0.1:{port}"
    if is_taken(port):
        message = (
            f"port {port} is in use, perhaps by another Alur: end that, or choose one by PORT=…"
        )
        raise DemoError(message)
    arguments = ["--data", str(data), "--port", str(port), "--grpc-port", str(grpc_port)]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [str(ALUR), "dev", *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        wait_until_ready(process, url, log)
        yield process, url
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when `/readyz` answers 200; raise with the end of the log when it never does."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=5).status_code == OK:
                return
        time.sleep(0.05)
    raise DemoError(f"alur dev did not get ready:\n{log.read_text()[-2000:]}")


def alur(url: str, token: str, *arguments: str) -> str:
    """Run the command line and return what it printed."""
    environment = {**os.environ, "ALUR_SERVER": url, **({"ALUR_TOKEN": token} if token else {})}
    done = subprocess.run(  # noqa: S603  # our own command
        [str(ALUR), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise DemoError(f"alur {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def webhook_secret(data: Path) -> Path:
    """Return the file with the secret that GitHub and the example share, made at the first run."""
    path = data.with_name(f"{data.name}-github-secret")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(20))
    return path


def deliver(hook: str, secret: Path) -> httpx.Response:
    """Send the delivery to the webhook as GitHub does: its bytes, its headers, its signature."""
    body = DELIVERY.read_bytes()
    signature = hmac.new(secret.read_bytes(), body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": f"sha256={signature}",
    }
    return httpx.post(hook, content=body, headers=headers, timeout=30)


def show(execution: dict[str, Any]) -> None:
    """Print the nodes of an execution."""
    table = Table("node", "status", "items", "ms", title=f"execution {execution['id']}")
    for node in execution["nodes"]:
        cells = (node.get("items", ""), node.get("durationMs", ""))
        table.add_row(node["name"], node["status"], *map(str, cells))
    SAY.print(table)


def ended(rest: httpx.Client, execution_id: str) -> dict[str, Any]:
    """Return an execution once it has ended: GitHub has its answer a moment earlier."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        execution: dict[str, Any] = rest.get(f"/executions/{execution_id}").json()
        if execution.get("finishedAt"):
            return execution
        time.sleep(0.05)
    raise DemoError(f"execution {execution_id} does not end")


def play(url: str, data: Path) -> dict[str, Any]:
    """Apply the examples, send the delivery, show its execution and return it."""
    token = alur(url, "", "token", "create", "--data", str(data), *HOUR)
    secret = webhook_secret(data)
    field = f"secret=@{secret}"
    alur(url, token, "credential", "set", "github-webhook", "--type", "hmac", "--field", field)
    SAY.print(alur(url, token, "apply", "-f", str(ROOT / "examples")))

    rest = httpx.Client(
        base_url=f"{url}/api/v1/projects/default",
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
    )
    workflow = rest.get("/workflows/github-events").raise_for_status().json()
    answer = deliver(workflow["status"]["triggers"][0]["url"], secret)
    SAY.print(f"\nGitHub delivered an event and was answered {answer.status_code}: {answer.text}\n")
    if answer.status_code != OK:
        raise DemoError("the webhook did not take the event")
    execution = ended(rest, answer.headers["alur-execution-id"])
    show(execution)
    return execution


def tell_where(url: str, grpc_port: int, data: Path) -> None:
    """Print where to look further."""
    link = data / "sign-in"
    SAY.print(f"\nThe editor: {link.read_text().strip() if link.exists() else url}")
    SAY.print("(The link signs in once, within 15 minutes; a restart makes a new one.)")
    SAY.print(f"REST: {url}/api/docs   gRPC: 127.0.0.1:{grpc_port}")
    SAY.print(f"The webhook's secret: {webhook_secret(data)}   the log: {data.with_suffix('.log')}")


def main() -> int:
    """Run the demonstration; return 0 when its execution succeeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--grpc-port", type=int, default=0, help="0: a free one")
    parser.add_argument("--stay", action="store_true", help="stay up until Ctrl-C")
    options = parser.parse_args()
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # ends what it started, as Ctrl-C does
    data = options.data.absolute()
    try:
        grpc_port = options.grpc_port or free_port()
        with alur_dev(data, options.port or free_port(), grpc_port) as (process, url):
            execution = play(url, data)
            if options.stay:
                tell_where(url, grpc_port, data)
                SAY.print("Ctrl-C stops it.")
                return process.wait()
            SAY.print("\nThat was it; `make run` does the same and stays up.")
            return 0 if execution["status"] == "succeeded" else 1
    except DemoError as error:
        SAY.print(f"[red]{error}[/red]")
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
