"""A process whose disk can be made to fail."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Awaitable[dict[str, Any]]]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled `faults.c`. Without a C compiler these tests fail: they never pass unseen."""
    library = tmp_path_factory.mktemp("shim") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)  # noqa: S603 - our own source and a fixed command
    return library


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **more}


async def start(name: str, folder: Path, **more: str) -> asyncio.subprocess.Process:
    """Start a program of `program.py` with these variables."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.storage.program",
        name,
        str(folder),
        cwd=ROOT,
        env=environment(**more),
        stdout=asyncio.subprocess.PIPE,
    )


@pytest.fixture
def run(shim: Path, tmp_path: Path) -> Run:
    """Run a program under the shim and return what it found."""

    async def run(name: str, *, switch: str | None = None) -> dict[str, Any]:
        switches = {switch: str(tmp_path / "switch")} if switch else {}
        count = tmp_path / "count"
        count.touch()
        process = await start(name, tmp_path, LD_PRELOAD=str(shim), COUNT=str(count), **switches)
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0
        return dict(json.loads(output))

    return run
