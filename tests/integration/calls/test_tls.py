"""TLS and mutual TLS of gRPC, between services and at the public port: whom each side takes, and whom not."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from pydantic import SecretStr

from alur_common.calls import client
from alur_common.calls.client import Channel, add_calls
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.calls.tls import Identity
from alur_gateway.adapters.grpc.server import SERVICES, serve_grpc
from alur_gateway.settings import Settings
from alur_sdk.errors import InvalidError, UnavailableError
from tests.support.health import health_of
from tests.unit.gateway.rest import RestWorld
from tools.servers.certificates import write_certificate, write_certificates

TOKEN = SecretStr("a secret")


def made(folder: Path) -> Path:
    """Make an authority in a new folder, and a certificate that it signs."""
    folder.mkdir()
    write_certificates(folder)
    return folder


def issued(site: Site, folder: Path, days: float) -> Path:
    """Return a new folder with another certificate of our authority, good from a day ago for so many days from now."""
    shutil.copytree(site.ours, folder)
    write_certificate(folder, days=days)
    return folder


def settings_of(folder: Path, authority: Path | None = None) -> CallSettings:
    return CallSettings(
        token=TOKEN,
        certificate=folder / "server.crt",
        key=folder / "server.key",
        authority=(authority or folder) / "ca.crt",
    )


@dataclass
class Site:
    """A server of calls with certificates in `ours`; `theirs` are of another authority."""

    address: str
    ours: Path
    theirs: Path


async def answer() -> int:
    """Return what the test expects."""
    return 42


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    ours, theirs = made(tmp_path / "ours"), made(tmp_path / "theirs")
    server = CallsServer(settings_of(ours))
    server.serve("test", [answer])
    port = await server.start("127.0.0.1", 0)
    yield Site(f"127.0.0.1:{port}", ours, theirs)
    await server.stop(0)


async def asked(address: str, settings: CallSettings) -> int:
    channel = Channel(address, settings)
    try:
        remote: Any = add_calls(channel, "test", [answer], seconds=1.0)
        return int(await remote.answer())
    finally:
        await channel.close()


async def test_a_service_with_a_certificate_of_the_authority_is_answered(site: Site) -> None:
    assert await asked(site.address, settings_of(site.ours)) == 42


async def test_a_service_in_plain_text_is_refused(site: Site) -> None:
    with pytest.raises(UnavailableError, match="out of reach"):
        await asked(site.address, CallSettings(token=TOKEN))


async def test_a_service_with_a_certificate_of_another_authority_is_refused(site: Site) -> None:
    with pytest.raises(UnavailableError, match="out of reach"):
        await asked(site.address, settings_of(site.theirs, authority=site.ours))


async def test_a_server_with_a_certificate_of_another_authority_is_refused(site: Site) -> None:
    with pytest.raises(UnavailableError, match="out of reach"):
        await asked(site.address, settings_of(site.ours, authority=site.theirs))


async def test_a_service_without_a_certificate_is_refused(site: Site) -> None:
    credentials = grpc.ssl_channel_credentials((site.ours / "ca.crt").read_bytes())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await health_of(site.address, "", credentials=credentials)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(("days", "is_taken"), [(1.0, True), (-0.5, False)])
async def test_38_a_certificate_that_is_over_is_refused_on_either_side(
    site: Site, tmp_path: Path, days: float, *, is_taken: bool
) -> None:
    """Its authority is good still, and is that of both."""
    other = settings_of(issued(site, tmp_path / "other", days))
    server = CallsServer(other)
    server.serve("test", [answer])
    address = f"127.0.0.1:{await server.start('127.0.0.1', 0)}"
    for asking, asked_of in ((other, site.address), (settings_of(site.ours), address)):
        if is_taken:
            assert await asked(asked_of, asking) == 42
        else:
            with pytest.raises(UnavailableError, match="out of reach"):
                await asked(asked_of, asking)
    await server.stop(0)


async def test_38_a_message_of_100_mb_is_refused(site: Site) -> None:
    credentials = Identity(*_files(site.ours)).channel_credentials()
    unbounded = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.secure_channel(site.address, credentials, unbounded) as channel:
        call = channel.unary_unary("/alur_api.calls.v1.CallsService/Call", None, None)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(bytes(100 * 1024 * 1024), timeout=30)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await asked(site.address, settings_of(site.ours)) == 42


def renew(site: Site) -> None:
    """Put the certificates of the other authority into the place of ours, as a manager of certificates does."""
    for name in ("ca.crt", "server.crt", "server.key"):
        shutil.copy(site.theirs / name, site.ours / f"{name}.new")
        (site.ours / f"{name}.new").replace(site.ours / name)


async def test_certificates_that_are_renewed_are_used_without_a_restart(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RENEW_SECONDS", 0.0)
    old = Path(shutil.copytree(site.ours, tmp_path / "old"))
    channel = Channel(site.address, settings_of(site.ours))
    remote: Any = add_calls(channel, "test", [answer], seconds=1.0)
    assert await remote.answer() == 42
    renew(site)
    assert await remote.answer() == 42
    assert await asked(site.address, settings_of(site.theirs)) == 42
    with pytest.raises(UnavailableError):
        await asked(site.address, settings_of(old))
    await channel.close()


async def test_a_renewal_that_cannot_be_read_leaves_the_old_one_in_use(site: Site) -> None:
    held = settings_of(Path(shutil.copytree(site.ours, site.ours.parent / "held")))
    (site.ours / "server.key").unlink()
    assert await asked(site.address, held) == 42


@pytest.mark.parametrize("missing", ["certificate", "key", "authority"])
def test_half_of_an_identity_stops_the_start(tmp_path: Path, missing: str) -> None:
    settings = settings_of(made(tmp_path / "ours")).model_copy(update={missing: None})
    with pytest.raises(InvalidError, match="ALUR_CALLS_"):
        _ = settings.identity


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"nowhere\.(crt|key)"):
        Identity(tmp_path / "nowhere.crt", tmp_path / "nowhere.key", None).server_credentials()


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


async def public(world: RestWorld, **files: Path) -> AsyncIterator[str]:
    identity = Settings.load(**files).grpc_identity
    server, port = await serve_grpc(world.gateway.use_cases, "127.0.0.1", 0, identity=identity)
    yield f"127.0.0.1:{port}"
    await server.stop()


@pytest.mark.parametrize("is_mutual", [False, True])
async def test_the_public_port_speaks_tls_and_asks_for_certificates_where_told(
    world: RestWorld, tmp_path: Path, is_mutual: bool
) -> None:
    ours, theirs = made(tmp_path / "ours"), made(tmp_path / "theirs")
    files = {"grpc_certificate": ours / "server.crt", "grpc_key": ours / "server.key"}
    if is_mutual:
        files["grpc_authority"] = ours / "ca.crt"
    us, them = Identity(*_files(ours)), Identity(*_files(theirs))
    trusting = grpc.ssl_channel_credentials((ours / "ca.crt").read_bytes())
    stranger = Identity(them.certificate, them.key, us.authority).channel_credentials()
    taken = {
        "plain": (None, False),
        "who trusts another authority": (them.channel_credentials(), False),
        "who has no certificate": (trusting, not is_mutual),
        "who has one of another authority": (stranger, not is_mutual),
        "who has one of the authority": (us.channel_credentials(), True),
    }
    async for address in public(world, **files):
        for who, (credentials, is_taken) in taken.items():
            assert await is_answered(address, credentials) is is_taken, who


def _files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "server.crt", folder / "server.key", folder / "ca.crt"


async def is_answered(address: str, credentials: grpc.ChannelCredentials | None) -> bool:
    try:
        found = await health_of(address, *SERVICES, credentials=credentials)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return found == [("SERVING", "")] * len(SERVICES)


@pytest.mark.parametrize("half", ["grpc_certificate", "grpc_key", "grpc_authority"])
def test_half_of_the_public_identity_stops_the_start(tmp_path: Path, half: str) -> None:
    with pytest.raises(InvalidError, match="ALUR_GRPC_CERTIFICATE and ALUR_GRPC_KEY"):
        _ = Settings.load(**{half: tmp_path / "x.pem"}).grpc_identity


def test_a_setting_whose_file_is_no_certificate_stops_the_start_with_its_name(
    tmp_path: Path,
) -> None:
    ours, theirs = made(tmp_path / "ours"), made(tmp_path / "theirs")
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no PEM")
    certificate, key = ours / "server.crt", ours / "server.key"
    for files, told in (
        ((garbage, key, None), "ALUR_GRPC_CERTIFICATE and ALUR_GRPC_KEY are no certificate"),
        ((certificate, theirs / "server.key", None), "ALUR_GRPC_KEY are no certificate .*MISMATCH"),
        ((certificate, key, garbage), "ALUR_GRPC_AUTHORITY: .*garbage.pem holds no certificate"),
        ((certificate, tmp_path / "nowhere", None), "ALUR_GRPC_KEY: .*nowhere cannot be read"),
    ):
        names = dict(zip(("grpc_certificate", "grpc_key", "grpc_authority"), files, strict=True))
        with pytest.raises(InvalidError, match=told):
            _ = Settings(**names).grpc_identity  # type: ignore[arg-type]  # all are paths
