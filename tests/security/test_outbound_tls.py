"""Certificates are checked unless a workflow says otherwise."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from alur_common.outbound import AllowedNetworks, Guard
from alur_executor.adapters.http_client import HttpClient
from alur_sdk import HttpRequest, Permanent
from tests.support.certificates import self_signed
from tests.support.http_server import LocalServer, Seen, http_answer
from tests.support.tcp_server import tcp_server


@dataclass(frozen=True)
class Secure:
    """A server with a certificate that nobody knows."""

    url: str
    certificate: str


def ok(seen: Seen) -> bytes:
    return http_answer(200, b"secure")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Secure]:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with tcp_server(LocalServer(ok).serve, tls=context) as port:
        yield Secure(f"https://127.0.0.1:{port}/", certificate.read_text())


async def body_of(server: Secure, tls: Mapping[str, object]) -> bytes:
    http = HttpClient(Guard(AllowedNetworks.parse("127.0.0.0/8")))
    try:
        return (await http.send(HttpRequest("GET", server.url, tls=tls))).body
    finally:
        await http.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused(server: Secure) -> None:
    with pytest.raises(Permanent, match="no trusted connection"):
        await body_of(server, {})


async def test_a_certificate_that_the_workflow_names_is_taken(server: Secure) -> None:
    assert await body_of(server, {"ca": server.certificate}) == b"secure"


async def test_any_certificate_is_taken_when_the_workflow_says_so(server: Secure) -> None:
    assert await body_of(server, {"verify": False}) == b"secure"


async def test_certificates_that_are_none_are_told(server: Secure) -> None:
    with pytest.raises(Permanent, match="holds no certificates"):
        await body_of(server, {"ca": "nothing of the kind"})
