"""An executor and a scheduler as processes of their own on a data folder, with no registry in reach."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

SAID = {"executor": b"executor ready", "scheduler": b"waiting for the registry"}


async def start(service: str, data: Path) -> Process:
    environment = {
        **os.environ,
        "ALUR_DATA": str(data),
        "ALUR_METRICS_PORT": "0",
        "ALUR_CALLS_PORT": "0",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alur", service, stdout=PIPE, stderr=PIPE, env=environment
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
