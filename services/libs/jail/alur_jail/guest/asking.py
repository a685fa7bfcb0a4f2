"""What a runner asks the supervisor for while it runs: other nodes' items, `$vars` and the like."""

from __future__ import annotations

import _socket

from alur_jail.guest import wire
from alur_jail.guest.wire import Json


class AskError(Exception):
    """The supervisor's refusal, in words for the user."""


def ask(link: _socket.socket, what: str, **details: Json) -> Json:
    """Return what the supervisor knows of a name; raises `AskError` with its reason."""
    wire.send(link, {"ask": what, **details})
    answer = wire.receive(link)
    if "error" in answer:
        raise AskError(answer["error"])
    return answer["value"]
