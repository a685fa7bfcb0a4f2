"""Read the address of a request so that nothing in it can mean two things. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote

from alur_common.outbound.addresses import Address

MAX_LENGTH = 8_192
MAX_PORT = 65_535
FIRST_OPEN_PORT = 1_024
DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)")
_AUTHORITY = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d{0,5}))?", re.ASCII
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
MAX_HOST = 253
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.oraclecloud.com",
        "metadata.packet.net",
        "metadata.platformequinix.com",
        "instance-data",
        "instance-data.ec2.internal",
        "rancher-metadata",
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the host lower case and ASCII, without a trailing dot.

    `url` is what was read, written anew from these parts: to send exactly what was checked.
    """

    url: str
    scheme: str
    host: str
    port: int
    address: Address | None
    """The host itself when it is an address."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what credentials belong to (RFC 6454)."""
        return self.scheme, self.host, self.port


def parse_target(url: str) -> Target:
    """Return where this address leads, or raise `ValueError` with what is wrong with it.

    Only http and https; no user or password; no spaces, backslashes or control characters; no
    way to write an IPv4 address but four decimal numbers.
    """
    if len(url) > MAX_LENGTH:
        raise ValueError(f"an address has {MAX_LENGTH} characters at most")
    if _UNSAFE.search(url):
        raise ValueError("an address holds no spaces, backslashes or control characters")
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("an address begins with https:// or http://")
    scheme = match["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"an address begins with https:// or http://, not {scheme[:20]}://")
    host, port = _split(match["authority"], DEFAULT_PORTS[scheme])
    written = f"[{host}]" if ":" in host else host
    place = written if port == DEFAULT_PORTS[scheme] else f"{written}:{port}"
    rest = match["rest"].partition("#")[0]
    rest = quote(rest if rest.startswith("/") else f"/{rest}", safe=_ASCII)
    return Target(f"{scheme}://{place}{rest}", scheme, host, port, _literal(host))


def _split(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise ValueError("an address holds no user and password: use a credential")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise ValueError("the host of the address is not written as one")
    port = int(match["port"]) if match["port"] else default_port
    if not 0 < port <= MAX_PORT:
        raise ValueError(f"there is no port {port}")
    return (match["six"].lower() if match["six"] else host_name(match["name"])), port


def host_name(text: str) -> str:
    """Return a host name as it goes to the resolver: lower case, ASCII, without a last dot.

    Raises `ValueError` for what is no host name, and for numbers that are no plain address.
    """
    try:
        name = text if text.isascii() else text.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError("the host name cannot be written in ASCII") from error
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("the address names no host" if not name else "the host is no host name")
    if _NUMBER.fullmatch(labels[-1]) and (not text.isascii() or not _is_plain(name)):
        raise ValueError("write an IPv4 address as four decimal numbers")
    return name


def _is_plain(name: str) -> bool:
    try:
        IPv4Address(name)
    except ValueError:
        return False
    return True


def _literal(host: str) -> Address | None:
    if ":" in host:
        return IPv6Address(host)
    return ip_address(host) if _NUMBER.fullmatch(host.rpartition(".")[2]) else None
