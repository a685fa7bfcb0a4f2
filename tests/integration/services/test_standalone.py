"""Services by themselves, without what they need."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx
import orjson
import pytest

NOWHERE = {
    "ALUR_MONGO": "mongodb://127.0.0.1:1/alur?serverSelectionTimeoutMS=300",
    "ALUR_KAFKA": "127.0.0.1:1",
    "ALUR_BLOBS": "/nowhere",
}
EXPECTED = {
    "/healthz": 200,
    "/readyz": 503,
    "/version": 200,
    "/api/v1/me": 503,
    f"/hooks/{'0' * 32}/a": 503,
}
"""What a gateway answers that has no registry."""


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


async def test_a_gateway_without_a_registry_answers_who_looks_after_it_and_refuses_all_else(
    tmp_path: Path, kafka_servers: str, mongo_url: str
) -> None:
    servers = {"ALUR_KAFKA": kafka_servers, "ALUR_MONGO": mongo_url}
    own = {"ALUR_BLOBS": str(tmp_path / "blobs"), "ALUR_PORT": "0", "ALUR_REGISTRY": "127.0.0.1:1"}
    process = await start("gateway", tmp_path, **servers, **own)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = {"msg": ""}
        while line["msg"] != "gateway listens":
            line = orjson.loads(await process.stdout.readline())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{line['port']}") as client:
        statuses = {path: (await client.get(path)).status_code for path in EXPECTED}
    process.terminate()
    await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, statuses) == (0, EXPECTED)
