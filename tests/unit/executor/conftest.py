"""What all tests of the executor start from."""

from __future__ import annotations

import pytest

from tests.unit.executor.world import World


@pytest.fixture
def world() -> World:
    return World()
