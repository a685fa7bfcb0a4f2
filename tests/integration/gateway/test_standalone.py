"""The gateway as a process of its own, without a registry."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx
import orjson

PROGRAM = (
    "import asyncio; from alur_gateway.main import main; "
    "from alur_gateway.settings import Settings; asyncio.run(main(Settings.load()))"
)


async def test_it_starts_says_what_is_missing_and_ends_well(tmp_path: Path) -> None:
    environment = {**os.environ, "ALUR_DATA": str(tmp_path / "data"), "ALUR_PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=PIPE, stderr=PIPE, env=environment
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = {"msg": ""}
        while line["msg"] != "gateway listens":
            line = orjson.loads(await process.stdout.readline())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{line['port']}") as client:
        statuses = {
            path: (await client.get(path)).status_code
            for path in ("/healthz", "/readyz", "/version", "/api/v1/me", f"/hooks/{'0' * 32}/a")
        }
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert statuses == {
        "/healthz": 200,
        "/readyz": 503,
        "/version": 200,
        "/api/v1/me": 503,
        f"/hooks/{'0' * 32}/a": 503,
    }
