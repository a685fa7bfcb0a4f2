"""The allow list of networks that are not public and may be reached all the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from alur_common.outbound.addresses import Address, is_metadata, unmapped

_ENTRY = re.compile(
    r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:\[\]]+)|(?P<bare>[^\[\]]+))(?P<port>:\d{1,5})?"
)
_LOOPBACK = ip_network("127.0.0.0/8")
_LOOPBACK_6 = ip_network("::1/128")
MAX_PORT = 65_535
WIDE = 65_536


@dataclass(frozen=True, slots=True)
class _Entry:
    network: IPv4Network | IPv6Network
    port: int | None


class AllowedNetworks:
    """Networks, each with the one port that is meant or with all that are open anyway; equal where these are."""

    def __init__(self, entries: Iterable[_Entry] = ()) -> None:
        self._entries = tuple(entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AllowedNetworks) and self._entries == other._entries

    def __hash__(self) -> int:
        return hash(self._entries)

    @classmethod
    def parse(cls, text: str) -> AllowedNetworks:
        """Read `10.0.0.0/8, 192.168.7.4:5432, [fd00::/8]:5432`; empty text allows nothing.

        All of 127.0.0.0/8 means this machine, so it holds `::1` as well. Raises `ValueError`
        that names the entry at fault.
        """
        entries = [_entry(part) for each in text.split(",") if (part := each.strip())]
        twins = [_Entry(_LOOPBACK_6, entry.port) for entry in entries if entry.network == _LOOPBACK]
        return cls(entries + twins)

    def wide(self) -> list[str]:
        """Return the networks of more than 65,536 addresses that are open at every port."""
        return [
            str(entry.network)
            for entry in self._entries
            if entry.port is None and entry.network.num_addresses > WIDE
        ]

    def opens(self, port: int) -> bool:
        """Return whether the list names this port of any network."""
        return any(entry.port == port for entry in self._entries)

    def names(self, address: Address, port: int) -> bool:
        """Return whether the list names this very port of the address."""
        return any(entry.port == port and _holds(entry, address) for entry in self._entries)

    def holds(self, address: Address, port: int) -> bool:
        """Return whether the list lets nodes reach the address at that port.

        The metadata address of a cloud is never meant by a network: only it by itself is.
        """
        return any(entry.port in (None, port) and _holds(entry, address) for entry in self._entries)


def _holds(entry: _Entry, address: Address) -> bool:
    address = unmapped(address)
    if is_metadata(address) and entry.network.num_addresses > 1:
        return False
    return address in entry.network


def _entry(text: str) -> _Entry:
    match = _ENTRY.fullmatch(text)
    try:
        if match is None:
            raise ValueError("no network")  # noqa: TRY301  # told below, with the entry
        network = ip_network(match["six"] or match["four"] or match["bare"], strict=False)
        port = int(match["port"][1:]) if match["port"] else None
        if port is not None and not 0 < port <= MAX_PORT:
            raise ValueError("no port")  # noqa: TRY301  # told below, with the entry
    except ValueError as error:
        raise ValueError(
            f"{text[:80]!r} is no network such as 10.0.0.0/8, 10.1.2.3:5432 or [fd00::/8]:5432"
        ) from error
    return _Entry(network, port)
