"""The log of security events in another process: the registry's."""

from __future__ import annotations

from typing import cast

from alur_common.calls.client import Channel, add_calls, methods_of
from alur_common.definitions_remote import PORT
from alur_common.security.events import SecurityLog


def remote_security_log(channel: Channel) -> SecurityLog:
    """Return the port on a channel to the registry."""
    methods = methods_of(SecurityLog)
    once = frozenset(method.__name__ for method in methods)
    return cast("SecurityLog", add_calls(channel, PORT, methods, once=once))
