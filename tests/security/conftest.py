"""What the tests of attacks share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.canary import Canary
from tests.support.jail import Cell, cell


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def jailed() -> AsyncIterator[Cell]:
    """A real jail. Where it cannot be built these tests fail: they are what says that it holds."""
    async with cell() as made:
        yield made


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Canary:
    """Yield what must not be reached; its variable goes with the test."""
    monkeypatch.setenv("CANARY", "")
    return Canary.placed(tmp_path)
