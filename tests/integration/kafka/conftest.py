"""Retries in these tests wait milliseconds, not a minute."""

from __future__ import annotations

import pytest

from alur_common.kafka import bus
from alur_common.kafka.topics import RETRIES

SHORT = dict.fromkeys(RETRIES, 0.05)


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETRIES", SHORT)
