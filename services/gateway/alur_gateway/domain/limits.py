"""Who is behind a request, and how much they may ask."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks (`10.0.0.0/8`); raises `ValueError` for what is none."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


def client_of(peer: str, forwarded: str | None, trusted: Sequence[Network]) -> str:
    """Return the address of the caller.

    `X-Forwarded-For` counts only as far as proxies that are trusted wrote it: it is read from its end, and
    the first address that is not a trusted proxy is the caller's.
    """
    if forwarded is None or not _is_in(peer, trusted):
        return peer
    client = peer
    for text in reversed(forwarded.split(",")):
        address = text.strip()
        try:
            client = str(ip_address(address))
        except ValueError:
            return client
        if not _is_in(client, trusted):
            return client
    return client


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in networks)
