"""Decide where a connection may go: resolve once, check every answer, connect to what was checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from alur_common.outbound.addresses import Address, is_public
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.targets import (
    FIRST_OPEN_PORT,
    METADATA_NAMES,
    Target,
    host_name,
    parse_target,
)
from alur_sdk.errors import Permanent, Retryable

OPEN_PORTS = frozenset({80, 443})
REMEDY = "ALUR_OUTBOUND_ALLOW lists the networks that nodes may reach beside the public internet"

REFUSED_HOST = "refused_host"
"""The detail by which other errors say that the guard refused a host."""

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port -> its addresses as text. Raises `OSError` when there are none."""


class RefusedError(Permanent):
    """The guard does not let a node connect there."""

    code = "outbound-refused"


class Answer(NamedTuple):
    """A checked address to connect to."""

    family: socket.AddressFamily
    address: str
    port: int


async def system_resolver(host: str, port: int) -> list[str]:
    """Ask the system, off the event loop."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Guard:
    """Refuses every address that is not public unless the allow list names it."""

    def __init__(
        self,
        allowed: AllowedNetworks | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._allowed = AllowedNetworks() if allowed is None else allowed
        self._resolver = resolver
        # Nodes ask for few places, again and again; a refusal is not kept.
        self._checked = lru_cache(maxsize=4_096)(self._check)
        self._parsed = lru_cache(maxsize=512)(parse_target)

    def check_url(self, url: str) -> Target:
        """Return where an address leads. Raises `RefusedError` for one that is not to be used.

        A host that is an address is decided here; what a name resolves to, in `resolve`.
        """
        try:
            target = self._parsed(url)
        except ValueError as error:
            raise RefusedError(f"the address is refused: {error}") from error
        if target.address is not None:
            self.check(target.address, target.port)
        else:
            self._check_name(target.host, target.port)
        return target

    def check(self, address: Address, port: int) -> None:
        """Raise `RefusedError` unless a connection to this address and port is allowed."""
        self._checked(address, port)

    def _check(self, address: Address, port: int) -> None:
        if not self._allowed.holds(address, port) and not is_public(address):
            raise RefusedError(
                f"{address} is not a public address ({REMEDY})", address=str(address)
            )
        self._check_port(port, named=self._allowed.names(address, port))

    def check_socket(self, sockaddr: tuple[str | int, ...]) -> None:
        """Check what a socket is about to connect to: the last word, whatever was said before."""
        self.check(ip_address(str(sockaddr[0])), int(sockaddr[1]))

    async def resolve(self, host: str, port: int) -> list[Answer]:
        """Return the checked addresses of a host, asking the resolver once.

        One answer that is refused refuses all: a name that leads inside as well as outside is
        not to be trusted. Raises `RefusedError`, or `Retryable` when the name is not found.
        """
        try:
            name = str(ip_address(host)) if ":" in host else host_name(host)
        except ValueError as error:
            raise RefusedError(f"the host is refused: {error}") from error
        self._check_name(name, port)
        addresses = [ip_address(text) for text in await self._answers(name, port)]
        for address in addresses:
            self._check_answer(name, address, port)
        return [
            Answer(
                socket.AF_INET6 if address.version == 6 else socket.AF_INET,  # noqa: PLR2004  # IPv6
                str(address),
                port,
            )
            for address in addresses
        ]

    async def _answers(self, name: str, port: int) -> Sequence[str]:
        try:
            found = await self._resolver(name, port)
        except (OSError, UnicodeError) as error:
            raise Retryable(
                f"the host {name} is not found", host=name, code="unreachable"
            ) from error
        if not found:
            raise Retryable(f"the host {name} has no address", host=name, code="unreachable")
        return found

    def _check_answer(self, name: str, address: Address, port: int) -> None:
        try:
            self.check(address, port)
        except RefusedError as error:
            # The address itself stays unsaid: what inner names resolve to is nobody's business.
            reason = f"{name} leads to an address that is not public ({REMEDY})"
            raise RefusedError(reason, host=name) from error

    def _check_name(self, name: str, port: int) -> None:
        if name in METADATA_NAMES:
            raise RefusedError(f"{name} names the metadata service of a cloud", host=name)
        self._check_port(port, named=self._allowed.opens(port))

    def _check_port(self, port: int, *, named: bool) -> None:
        if port not in OPEN_PORTS and port < FIRST_OPEN_PORT and not named:
            raise RefusedError(
                f"port {port} is refused: 80, 443 and those from 1024 on are open, others where "
                "ALUR_OUTBOUND_ALLOW names them",
                port=port,
            )
