"""The Alur server on this machine: found by its data folder, asked through its owner-only socket."""

from __future__ import annotations

import http.client
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alur.client import UnixConnection, UnreachableError
from alur.places import data_folder, known_servers, write_private
from alur_sdk.errors import AlurError, InvalidError

SERVER_FILE = "server.json"
SOCKET = "owner.sock"
TOKEN_FILE = "cli.token"  # noqa: S105  # the name of a file
_REMEMBERED = 20
_TIMEOUT_SECONDS = 10.0
_OWN_TOKEN_SECONDS = 30 * 86_400.0
_CREATED = (200, 201)


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that runs on this machine, on a data folder that is ours."""

    data: Path
    url: str
    pid: int
    socket: Path


def find_server(data: Path) -> LocalServer | None:
    """Return the server that runs on a data folder, or None."""
    try:
        raw = json.loads((data / SERVER_FILE).read_text(encoding="utf-8"))
        server = LocalServer(
            data, str(raw["url"]), int(raw["pid"]), Path(raw.get("socket") or data / SOCKET)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return server if _is_alive(server.pid) else None


def check_folder(data: Path) -> None:
    """Raise `InvalidError` for what is no data folder."""
    if not data.is_dir():
        raise InvalidError(f"{data} is no data folder of Alur: `alur dev --data {data}` makes one")


def running() -> list[LocalServer]:
    """Return the servers of this machine: that of the default data folder, then the others, started last first."""
    folders = dict.fromkeys([data_folder().absolute(), *reversed(remembered())])
    return [server for folder in folders if (server := find_server(folder))]


def find_local() -> LocalServer | None:
    """Return the server of the default data folder, else the one that was started last and still runs."""
    return next(iter(running()), None)


def find_by_url(url: str) -> LocalServer | None:
    """Return the local server that answers at this address, or None."""
    return next((one for one in running() if one.url.rstrip("/") == url.rstrip("/")), None)


def remembered() -> list[Path]:
    """Return the data folders that `alur dev` was started on, the last one last."""
    try:
        return [Path(line) for line in known_servers().read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        return []


def remember(data: Path) -> None:
    """Note a data folder, so that other commands find the server that runs on it."""
    folder = data.absolute()
    folders = [known for known in remembered() if known != folder] + [folder]
    lines = [str(known) for known in folders[-_REMEMBERED:]]
    with suppress(OSError):  # a home that cannot be written costs comfort, not the server
        write_private(known_servers(), "\n".join(lines) + "\n")


def take_token(server: LocalServer, name: str, expires_seconds: float | None = None) -> str:
    """Ask the server for a new token of its owner. Raises `UnreachableError`."""
    return str(ask(server, "/token", {"name": name, "expiresInSeconds": expires_seconds})["token"])


def sign_in_link(server: LocalServer) -> str:
    """Ask the server for a new one-time link by which its owner signs in. Raises `UnreachableError`."""
    return f"{server.url}/sign-in#token={ask(server, '/sign-in', {})['token']}"


def ask(server: LocalServer, path: str, wish: dict[str, object]) -> dict[str, Any]:
    """Return what the owner's socket answers. Raises `UnreachableError`, `AlurError` for what it refuses."""
    connection = UnixConnection(server.socket, _TIMEOUT_SECONDS)
    try:
        headers = {"content-type": "application/json"}
        connection.request("POST", path, json.dumps(wish), headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        message = f"the socket {server.socket} does not answer ({error}); is `alur dev` running?"
        raise UnreachableError(message) from error
    finally:
        connection.close()
    if response.status not in _CREATED:
        raise AlurError(_refusal(body))
    answer: dict[str, Any] = json.loads(body)
    return answer


def _refusal(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the server refused: {body[:300].decode(errors='replace')}"


def kept_token(server: LocalServer) -> str:
    """Return the command line's own token for a local server, taken once and kept beside its data."""
    path = server.data / TOKEN_FILE
    with suppress(OSError, UnicodeDecodeError):
        if token := path.read_text(encoding="utf-8").strip():
            return token
    return renewed_token(server)


def renewed_token(server: LocalServer) -> str:
    """Take a new token and keep it. Once it is over, the next command takes another."""
    token = take_token(server, "command line", _OWN_TOKEN_SECONDS)
    write_private(server.data / TOKEN_FILE, token + "\n")
    return token


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
