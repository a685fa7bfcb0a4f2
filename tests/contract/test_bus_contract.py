"""The contract of `Bus`, in process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from alur_common.bus import Broker
from alur_common.bus_in_process import InProcessBus, Retries
from tests.contract.bus_contract import BusContract


class TestInProcessBus(BusContract):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[Broker]:
        bus = InProcessBus(Retries(attempts=3, first_seconds=0))
        yield bus
        await bus.close()
