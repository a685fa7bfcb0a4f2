"""Which addresses belong to the public internet. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

# What `ipaddress` takes for global though it is not, or leads to an IPv4 address inside.
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # NAT64 of local use, RFC 8215
        "100::/64",  # discard, RFC 6666
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",  # site local, RFC 3879
        "ff00::/8",
    )
)
# Names and keys of a cloud's machine are to be had from these.
_METADATA = frozenset(
    {"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192",
     "168.63.129.16", "fd20:ce::254"}
)  # fmt: skip


def unmapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv4-mapped one stands for (RFC 4291), else the same."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_metadata(address: Address) -> bool:
    """Return whether a cloud hands out a machine's own secrets there."""
    return _without_zone(unmapped(address)) in _METADATA


def is_public(address: Address) -> bool:
    """Return whether an address is global unicast and leads nowhere else."""
    address = unmapped(address)
    if is_metadata(address) or not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return not any(address in network for network in _REFUSED)


def _without_zone(address: Address) -> str:
    return str(address).partition("%")[0]
