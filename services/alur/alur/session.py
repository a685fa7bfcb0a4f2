"""Which server a command speaks to, as whom, and in which project: flag over environment over file over this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alur import contexts, local
from alur.client import Answer, Client, RefusedError, UnreachableError
from alur.output import note
from alur.places import config_file, data_folder
from alur_sdk.errors import InvalidError

DEFAULT_PROJECT = "default"
_UNAUTHENTICATED = 401
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """What the flags before the command say."""

    server: str | None = None
    context: str | None = None


@dataclass(slots=True)
class Session:
    """A client, and the project that is meant."""

    client: Client
    project: str
    origin: str
    """Where the server was named, for `alur doctor` and errors."""
    owner_of: local.LocalServer | None = None
    guess: str = ""
    """What to name when this is one server of several and nobody said which; empty when it is meant for certain."""

    def call(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        """Send one request below `/api/v1`.

        A token of the command line itself that the server forgot is taken anew once. Raises `InvalidError` rather than
        change anything on a server that was guessed.
        """
        if self.guess and method != "GET":
            raise InvalidError(f"{self.guess} Nothing was changed.")
        try:
            return self.client.call(method, f"/api/v1{path}", body, **more)
        except RefusedError as error:
            if error.status != _UNAUTHENTICATED:
                raise
            if self.owner_of is None:
                raise RefusedError(error.status, _who(self)) from error
            self.client.token = local.renewed_token(self.owner_of)
            return self.client.call(method, f"/api/v1{path}", body, **more)

    def pages(
        self, path: str, query: Mapping[str, object], limit: int | None
    ) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, page by page, at most `limit`."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            asked = dict(query) | {"limit": size, "cursor": cursor}
            page = self.call("GET", path, query=asked).json
            items = page["items"]
            yield from items[:left]
            cursor = page.get("nextCursor")
            left = None if left is None else left - len(items)
            if not cursor or not items:
                return

    def path(self, *parts: str, project: str | None = None) -> str:
        """Return a path within the project, its parts made safe."""
        return "/projects/" + "/".join(
            quote(part, safe="") for part in (project or self.project, *parts)
        )


def open_session(choice: Choice, project: str | None = None) -> Session:
    """Return the session that flags, environment, configuration file and this machine add up to.

    Raises `UnreachableError` when none of them names a server.
    """
    config = contexts.load(config_file())
    name = choice.context or os.environ.get("ALUR_CONTEXT") or config.current
    context = config.get(name) if name else None
    server = choice.server or (None if choice.context else os.environ.get("ALUR_SERVER"))
    token = os.environ.get("ALUR_TOKEN")
    wanted = project or os.environ.get("ALUR_PROJECT")
    if server is None and context is not None:
        wanted = wanted or context.project
        client = Client(context.server, token or context.token or None)
        return _owned(Session(client, wanted or DEFAULT_PROJECT, f"context {name}"))
    if server is not None:
        origin = "--server" if choice.server else "ALUR_SERVER"
        return _owned(Session(Client(server, token), wanted or DEFAULT_PROJECT, origin))
    found, guess = _on_this_machine()
    client = Client(found.url, token)
    return _owned(Session(client, wanted or DEFAULT_PROJECT, f"{found.data}", guess=guess))


def _on_this_machine() -> tuple[local.LocalServer, str]:
    """Return the server to speak to, and what to say where it is a guess: that of the default data folder is none."""
    running, named = local.running(), os.environ.get("ALUR_DATA")
    if named:
        running = [one for one in running if one.data == Path(named).absolute()]
    if not running:
        where = f"on {named} (ALUR_DATA)" if named else "on this machine"
        message = f"no server is named and none runs {where}; start `alur dev`, or `alur login --server URL`"
        raise UnreachableError(message)
    found, *others = running
    if not others:
        return found, ""
    beside = ", ".join(f"{one.url} on {one.data}" for one in others)
    note(
        f"using {found.url} on {found.data}; there runs {beside} as well: "
        "ALUR_DATA or --server names the one that is meant"
    )
    if found.data == data_folder().absolute():
        return found, ""
    return found, f"{len(running)} servers run on this machine: say which by ALUR_DATA or --server."


def _owned(session: Session) -> Session:
    """Give a session without token the token of a server on this machine whose data is ours."""
    if session.client.token is None:
        server = local.find_by_url(session.client.server)
        if server is not None:
            session.owner_of = server
            session.client.token = local.kept_token(server)
    return session


def _who(session: Session) -> str:
    known = "the token is not valid (any more)" if session.client.token else "no token is given"
    return f"{session.client.server}: {known}; `alur login --server {session.client.server}`, or set ALUR_TOKEN"
