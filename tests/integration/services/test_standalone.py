"""Services by themselves, without what they need."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

NOWHERE = {
    "ALUR_MONGO": "mongodb://127.0.0.1:1/alur?serverSelectionTimeoutMS=300",
    "ALUR_KAFKA": "127.0.0.1:1",
    "ALUR_BLOBS": "/nowhere",
}


async def start(service: str, data: Path, **more: str) -> Process:
    environment = {
        **os.environ,
        "ALUR_DATA": str(data),
        "ALUR_METRICS_PORT": "0",
        "ALUR_CALLS_PORT": "0",
        **more,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alur", service, stdout=PIPE, stderr=PIPE, env=environment
    )


@pytest.mark.parametrize("service", ["gateway", "executor"])
async def test_one_told_to_stop_while_it_waits_for_mongodb_ends(
    tmp_path: Path, service: str
) -> None:
    process = await start(service, tmp_path, **NOWHERE)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 30)  # where the metrics are served
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    assert (b"waiting for what is needed" in line, len(line) < 400) == (True, True)
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), 5)
    assert (process.returncode, errors) == (0, b"")


async def test_a_service_by_itself_is_refused_without_what_services_share(tmp_path: Path) -> None:
    process = await start("registry", tmp_path, ALUR_KAFKA="a:1")
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"ALUR_KAFKA, ALUR_MONGO and ALUR_BLOBS" in errors
