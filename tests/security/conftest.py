"""What the tests of attacks share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.jail import Cell, cell


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def jailed() -> AsyncIterator[Cell]:
    """A real jail. Where it cannot be built these tests fail: they are what says that it holds."""
    async with cell() as made:
        yield made
