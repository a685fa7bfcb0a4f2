"""The registry as a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

PROGRAM = (
    "import asyncio; from alur_registry.main import main; "
    "from alur_registry.settings import Settings; asyncio.run(main(Settings.load()))"
)


async def start(data: Path) -> Process:
    environment = {**os.environ, "ALUR_DATA": str(data), "ALUR_METRICS_PORT": "0"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=PIPE, stderr=PIPE, env=environment
    )


async def until_ready(process: Process) -> None:
    """Return when its log says that it is ready; it must not end before that."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while b"registry ready" not in (line := await process.stdout.readline()):
            assert line


async def test_it_runs_until_told_and_leaves_the_folder_free(tmp_path: Path) -> None:
    for _ in range(2):
        process = await start(tmp_path / "data")
        await until_ready(process)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    first = await start(tmp_path / "data")
    await until_ready(first)
    second = await start(tmp_path / "data")
    _, errors = await asyncio.wait_for(second.communicate(), 30)
    assert (second.returncode, b"StateError" in errors) == (1, True)
    first.terminate()
    assert await asyncio.wait_for(first.wait(), 30) == 0
