"""`alur dlq` as it is typed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from alur.commands.kafka import dlq_app


@pytest.mark.parametrize("command", ["replay", "drop"])
def test_one_letter_or_how_many_is_named_and_not_both(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("ALUR_KAFKA", "127.0.0.1:1")
    ran = CliRunner().invoke(dlq_app, [command, "orders.dlq", "--offset", "7", "--limit", "3"])
    assert ran.exit_code == 2
    assert "--offset names one letter" in ran.output
