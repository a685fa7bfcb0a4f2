"""`alur keys` within an installation of many processes: asked of the registry, with the secret of the calls."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from alur_common.bus_in_process import InProcessBus
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.clock import SystemClock, SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_registry.adapters.serving import PORT, served
from alur_registry.main import build
from alur_registry.settings import Settings
from tests.support.alur_dev import ALUR

TOKEN = "between services"  # noqa: S105  # of no real installation


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A registry with one credential, as other processes reach it."""
    clock = SystemClock()
    documents = MemoryDocuments(clock)
    registry = build(
        documents, InProcessBus(), clock, SystemIds(clock), Settings(data=tmp_path / "data")
    )
    owner = await registry.ensure_owner()
    await registry.set_credential(owner, "default", "c", "bearer", {"token": "t"})
    server = CallsServer(CallSettings(token=SecretStr(TOKEN)))
    server.serve(PORT, served(registry))
    port = await server.start("127.0.0.1", 0)
    yield f"127.0.0.1:{port}"
    await server.stop(0)


async def keys(address: str, token: str, *arguments: str) -> tuple[int, str]:
    own = {"ALUR_REGISTRY": address, "ALUR_CALLS_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        ALUR, "keys", *arguments, env={**os.environ, **own},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def test_keys_are_changed_through_the_registry(address: str) -> None:
    code, told = await keys(address, TOKEN, "rotate")
    assert (code, "1 of 1 moved" in told) == (0, True), told
    old = told.rpartition("alur keys retire ")[2].partition("`")[0]
    assert (await keys(address, TOKEN, "retire", old))[0] == 0
    code, told = await keys(address, TOKEN, "list")
    assert (code, [line.split()[-3:] for line in told.splitlines()[1:]]) == (
        0,
        [["in", "use", "1"]],
    )


async def test_keys_are_out_of_reach_without_the_secret_of_the_calls(address: str) -> None:
    code, told = await keys(address, "a guess", "rotate")
    assert code == 1
    assert "Traceback" not in told
