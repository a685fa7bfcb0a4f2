"""Decide where a connection may go: resolve once, check every answer, connect to what was checked."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from alur_common.outbound.addresses import Address, is_public
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.decisions import Decision, Decisions
from alur_common.outbound.lists import AllowLists
from alur_common.outbound.lookups import SystemResolver
from alur_common.outbound.targets import (
    FIRST_OPEN_PORT,
    METADATA_NAMES,
    Target,
    host_name,
    parse_target,
)
from alur_sdk.errors import Permanent, Retryable

OPEN_PORTS = frozenset({80, 443})
REMEDY = (
    "ALUR_OUTBOUND_ALLOW lists the networks that nodes may reach beside the public internet, "
    "ALUR_OUTBOUND_PROJECTS those for nodes of some projects"
)

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


class Guard:
    """Refuses every address that is not public unless the allow list names it."""

    def __init__(
        self,
        allowed: AllowedNetworks | None = None,
        resolver: Resolver | None = None,
        decisions: Decisions | None = None,
    ) -> None:
        self._allowed = AllowedNetworks() if allowed is None else allowed
        self._resolver = resolver or SystemResolver()
        self._decisions = decisions or Decisions()
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
            refused = RefusedError(f"the address is refused: {error}")
            self._tell(refused)
            raise refused from error
        if target.address is not None:
            self._decide(target.address, target.port, target.host)
        else:
            self._check_name(target.host, target.port)
        return target

    def check(self, address: Address, port: int, host: str = "") -> bool:
        """Return whether an allow list lets us go there, not its being public; raises `RefusedError` unless we may."""
        try:
            return self._checked(address, port)
        except RefusedError as error:
            self._tell(error, host=host, address=str(address), port=port)
            raise

    def _check(self, address: Address, port: int) -> bool:
        is_listed = not is_public(address)
        if is_listed and not self._allowed.holds(address, port):
            raise RefusedError(
                f"{address} is not a public address ({REMEDY})", address=str(address)
            )
        is_named = self._allowed.names(address, port)
        _check_port(port, named=is_named)
        return is_listed or not _is_open(port)

    def check_socket(self, sockaddr: tuple[str | int, ...]) -> None:
        """Check what a socket is about to connect to: the last word, whatever was said before."""
        self.check(ip_address(str(sockaddr[0])), int(sockaddr[1]))

    def _decide(self, address: Address, port: int, host: str) -> None:
        """Check it, and tell what was decided."""
        is_listed = self.check(address, port, host)
        reason = "an allow list names it" if is_listed else "a public address"
        self._decisions.tell(Decision(True, reason, host, str(address), port, is_listed))

    def _tell(
        self, error: RefusedError, *, host: str = "", address: str = "", port: int = 0
    ) -> None:
        self._decisions.tell(Decision(False, error.message, host, address, port))

    async def resolve(self, host: str, port: int) -> list[Answer]:
        """Return the checked addresses of a host, asking the resolver once.

        One answer that is refused refuses all: a name that leads inside as well as outside is
        not to be trusted. Raises `RefusedError`, or `Retryable` when the name is not found.
        """
        try:
            name = str(ip_address(host)) if ":" in host else host_name(host)
        except ValueError as error:
            refused = RefusedError(f"the host is refused: {error}")
            self._tell(refused)
            raise refused from error
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
            self._decide(address, port, name)
        except RefusedError as error:
            # The address itself stays unsaid: what inner names resolve to is nobody's business.
            reason = f"{name} leads to an address that is not public ({REMEDY})"
            raise RefusedError(reason, host=name) from error

    def _check_name(self, name: str, port: int) -> None:
        try:
            if name in METADATA_NAMES:
                raise RefusedError(f"{name} names the metadata service of a cloud", host=name)  # noqa: TRY301  # told below
            _check_port(port, named=self._allowed.opens(port))
        except RefusedError as error:
            self._tell(error, host=name, port=port)
            raise


def _is_open(port: int) -> bool:
    return port in OPEN_PORTS or port >= FIRST_OPEN_PORT


def _check_port(port: int, *, named: bool) -> None:
    if not _is_open(port) and not named:
        raise RefusedError(
            f"port {port} is refused: 80, 443 and those from 1024 on are open, others where "
            "ALUR_OUTBOUND_ALLOW or ALUR_OUTBOUND_PROJECTS names them",
            port=port,
        )


class Guards:
    """The guard of each project: those with the same allow list share one."""

    def __init__(
        self,
        lists: AllowLists,
        resolver: Resolver | None = None,
        decisions: Decisions | None = None,
    ) -> None:
        self._lists = lists
        self._resolver = resolver or SystemResolver()
        self._decisions = decisions or Decisions()
        self._made: dict[AllowedNetworks, Guard] = {}
        self._found = lru_cache(maxsize=10_000)(self._find)

    def of(self, tenant: str, project: str) -> Guard:
        """Return the guard of this project's nodes."""
        return self._found(tenant, project)

    def _find(self, tenant: str, project: str) -> Guard:
        allowed = self._lists.of(tenant, project)
        if allowed not in self._made:
            self._made[allowed] = Guard(allowed, self._resolver, self._decisions)
        return self._made[allowed]
