"""An executor and a scheduler as processes of their own on a data folder, with no registry in reach."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

PROGRAM = (
    "import asyncio; from alur_{0}.main import main; "
    "from alur_{0}.settings import Settings; asyncio.run(main(Settings.load()))"
)
NOWHERE = {
    "ALUR_MONGO": "mongodb://127.0.0.1:1/alur?serverSelectionTimeoutMS=300",
    "ALUR_KAFKA": "127.0.0.1:1",
    "ALUR_BLOBS": "/nowhere",
}
SAID = {"executor": b"executor ready", "scheduler": b"waiting for the registry"}


async def start(service: str, data: Path, *command: str, **more: str) -> Process:
    environment = {
        **os.environ,
        "ALUR_DATA": str(data),
        "ALUR_METRICS_PORT": "0",
        "ALUR_CALLS_PORT": "0",
        **more,
    }
    arguments = command or ("-c", PROGRAM.format(service))
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=PIPE, stderr=PIPE, env=environment
    )


async def hears(process: Process, text: bytes) -> bool:
    """Return whether it says this before it ends."""
    assert process.stdout is not None
    while line := await asyncio.wait_for(process.stdout.readline(), 30):
        if text in line:
            return True
    return False


@pytest.mark.parametrize("service", SAID)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_runs_until_told_and_leaves_the_folder_free(
    tmp_path: Path, service: str, number: signal.Signals
) -> None:
    for _ in range(2):
        process = await start(service, tmp_path / "data")
        assert await hears(process, SAID[service])
        process.send_signal(number)
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("service", ["gateway", "executor"])
async def test_one_told_to_stop_while_it_waits_for_mongodb_ends(
    tmp_path: Path, service: str
) -> None:
    process = await start(service, tmp_path, "-m", "alur", service, **NOWHERE)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 30)  # where the metrics are served
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    assert (b"waiting for what is needed" in line, len(line) < 400) == (True, True)
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), 5)
    assert (process.returncode, errors) == (0, b"")


async def test_a_service_by_itself_is_refused_without_what_services_share(tmp_path: Path) -> None:
    process = await start("registry", tmp_path, "-m", "alur", "registry", ALUR_KAFKA="a:1")
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"ALUR_KAFKA, ALUR_MONGO and ALUR_BLOBS" in errors
