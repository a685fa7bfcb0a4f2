"""MongoDB by TLS, as the URL says: whom each side trusts, and whom not."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.support.proxy import proxy
from tools.servers.certificates import write_certificates

OUT_OF_REACH = 9
PROGRAM = f"""
import asyncio, sys
from alur_common.clock import SystemClock
from alur_common.documents.mongo import MongoDocuments, connect
from alur_sdk.errors import UnavailableError

async def reach():
    async with connect(sys.argv[1]) as database:
        await MongoDocuments(database, SystemClock()).reach()

try:
    asyncio.run(reach())
except UnavailableError:
    sys.exit({OUT_OF_REACH})
"""


def made(folder: Path) -> Path:
    """Make an authority, and a certificate with its key in one file, as the driver wants them."""
    folder.mkdir()
    write_certificates(folder)
    pair = (folder / "server.crt").read_text() + (folder / "server.key").read_text()
    (folder / "pair.pem").write_text(pair)
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return made(tmp_path / "ours")


@pytest.fixture
async def guarded(ours: Path, mongo_url: str) -> AsyncIterator[str]:
    """Where the server is reached by mutual TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ours / "ca.crt")
    context.load_cert_chain(ours / "server.crt", ours / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    host, port = parse_uri(mongo_url)["nodelist"][0]
    async with proxy(host, port, tls=context) as way:
        yield f"mongodb://127.0.0.1:{way.listens_at}/guarded?directConnection=true&timeoutMS=1500"


async def is_reached(url: str) -> bool:
    """Try it in a process of its own: a driver that is refused leaves sockets behind."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, url)
    code = await asyncio.wait_for(process.wait(), 30)
    assert code in {0, OUT_OF_REACH}
    return code == 0


async def test_a_client_of_the_authority_reaches_it(guarded: str, ours: Path) -> None:
    assert await is_reached(
        f"{guarded}&tls=true&tlsCAFile={ours}/ca.crt&tlsCertificateKeyFile={ours}/pair.pem"
    )


async def test_plain_text_does_not(guarded: str) -> None:
    assert not await is_reached(guarded)


async def test_a_client_without_a_certificate_does_not(guarded: str, ours: Path) -> None:
    assert not await is_reached(f"{guarded}&tls=true&tlsCAFile={ours}/ca.crt")


@pytest.mark.parametrize("half", ["the authority", "the certificate"])
async def test_one_of_another_authority_does_not(
    guarded: str, ours: Path, tmp_path: Path, half: str
) -> None:
    theirs = made(tmp_path / "theirs")
    trusted = theirs if half == "the authority" else ours
    shown = theirs if half == "the certificate" else ours
    assert not await is_reached(
        f"{guarded}&tls=true&tlsCAFile={trusted}/ca.crt&tlsCertificateKeyFile={shown}/pair.pem"
    )
