"""Which server a command speaks to, as whom, and in which project: flag over environment over file over this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer

from alur import contexts, local
from alur.client import Answer, Client, RefusedError, UnreachableError
from alur.output import note
from alur.places import config_file, data_folder
from alur_common.labels import is_label
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

    link: Client
    project: str
    origin: str
    """Where the server was named, for `alur doctor`."""
    owner_of: local.LocalServer | None = None
    others: Sequence[local.LocalServer] = ()
    """The servers on this machine that may be meant as well: nobody said which."""
    is_guess: bool = False
    """Nothing speaks for this server more than for the others, so that nothing may be changed there."""

    is_told: bool = False
    """Whether it was said which of several servers is asked."""

    @property
    def client(self) -> Client:
        """The client; where others may be meant, it is told once that this one is asked."""
        if self.others and not self.is_told:
            self.is_told = True
            note(
                f"asking {self.link.server} ({self.origin}), one of {len(self.others) + 1} servers on this "
                "machine; --server or ALUR_DATA names another"
            )
        return self.link

    def check_meant(self) -> None:
        """Raise `InvalidError` where something would be changed on a server that may not be the one that is meant."""
        if self.is_guess:
            urls = [self.link.server, *(one.url for one in self.others)]
            raise InvalidError(
                f"nothing was changed: {len(urls)} servers run on this machine, {' and '.join(urls)}; "
                f"say which one is meant, as by `alur --server {urls[0]} …`"
            )

    def call(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        """Send one request below `/api/v1`.

        A token of the command line itself that the server forgot is taken anew once. Raises `InvalidError` rather than
        change anything on a server that was guessed.
        """
        if method != "GET":
            self.check_meant()
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
    server, name, context = _named(choice)
    token = os.environ.get("ALUR_TOKEN")
    if context is not None:
        origin, wanted = f"context {name}", _project(project, context.project, f"context {name}")
        client = Client(context.server, token or context.token or None, origin)
        return _owned(Session(client, wanted, origin))
    wanted = _project(project)
    if server is not None:
        origin = "--server" if choice.server else "ALUR_SERVER"
        return _owned(Session(Client(server, token, origin), wanted, origin))
    found, *others = _on_this_machine()
    is_guess = bool(others) and found.data != data_folder().absolute()
    origin = f"on {found.data}"
    client = Client(found.url, token, origin)
    return _owned(Session(client, wanted, origin, others=others, is_guess=is_guess))


def named_server(choice: Choice) -> str | None:
    """Return the address that flags, environment or configuration file name, None where they leave it to this machine."""
    server, _, context = _named(choice)
    return server if context is None else context.server


def _named(choice: Choice) -> tuple[str | None, str | None, contexts.Context | None]:
    """Return the server that is named, or else the name of a context and the context itself."""
    config = contexts.load(config_file())
    name = choice.context or os.environ.get("ALUR_CONTEXT") or config.current
    context = config.get(name) if name else None
    server = choice.server or (None if choice.context else os.environ.get("ALUR_SERVER"))
    return (None, name, context) if server is None else (server, None, None)


def _project(option: str | None, kept: str = "", keeper: str = "") -> str:
    """Return the project that is meant: option, which was checked, over environment over what is kept."""
    named = os.environ.get("ALUR_PROJECT")
    if option or named:
        return option or check_project(str(named), "ALUR_PROJECT")
    return check_project(kept, keeper) if kept else DEFAULT_PROJECT


def check_project(name: str, origin: str | None = None) -> str:
    """Return the name of a project. Raises a usage error that says who named what can be none."""
    if not is_label(name):
        rule = "1 to 63 of a-z, 0-9 and hyphens, no hyphen at its ends"
        raise typer.BadParameter(f"{name!r} is no name of a project: {rule}", param_hint=origin)
    return name


def _on_this_machine() -> list[local.LocalServer]:
    """Return the servers that may be meant, the likeliest first. Raises `UnreachableError` when there are none."""
    running, named = local.running(), os.environ.get("ALUR_DATA")
    if not named:
        if not running:
            raise UnreachableError(
                "no server runs on this machine and none is named: start one by `alur dev`, or name one "
                "by --server, ALUR_SERVER or `alur login --server URL`"
            )
        return running
    meant = [one for one in running if one.data == Path(named).absolute()]
    if not meant:
        others = " and ".join(f"{one.url} on {one.data}" for one in running)
        beside = f"; unset ALUR_DATA to ask {others}" if others else ""
        raise UnreachableError(
            f"no server runs on {named}, which ALUR_DATA names: start one there by `alur dev`{beside}"
        )
    return meant


def _owned(session: Session) -> Session:
    """Give a session without token the token of a server on this machine whose data is ours."""
    if session.link.token is None:
        server = local.find_by_url(session.link.server)
        if server is not None:
            session.owner_of = server
            session.link.token = local.kept_token(server)
    return session


def _who(session: Session) -> str:
    known = "the token is not valid (any more)" if session.client.token else "no token is given"
    return f"{session.client.server}: {known}; `alur login --server {session.client.server}`, or set ALUR_TOKEN"
