"""What keeps a warm parent small stands in for modules, and never in their way."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from alur_jail.guest import light
from alur_jail.guest.light import Later
from tests.support.jail import MIB, cell, memory, warm_parent

_GUEST = str(Path(light.__file__).parent)
_LIGHTLY = """
import json, sys
sys.path.insert(0, sys.argv[1])
from light import import_lightly
import_lightly("zoneinfo")
from datetime import datetime
import inspect
print(json.dumps([datetime.__module__, hasattr(inspect, "getsource"), "ipaddress" in sys.modules]))
"""


def test_a_module_that_stands_in_gives_what_it_was_given_without_loading() -> None:
    assert Later("no.such.module", answer=42).answer == 42


def test_more_than_that_is_taken_from_the_module_itself() -> None:
    assert Later("inspect", getmembers=None).signature is inspect.signature


def test_a_module_that_stood_in_does_not_stay() -> None:
    command = [sys.executable, "-I", "-S", "-c", _LIGHTLY, _GUEST]
    told = subprocess.run(  # noqa: S603  our own interpreter
        command, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout) == ["datetime", True, False]


@pytest.mark.parametrize(("language", "most"), [("javascript", 15), ("python", 25)])
async def test_a_warm_parent_is_no_larger_than_promised(language: str, most: int) -> None:
    async with cell() as made:
        for _ in range(2):  # it loads the rest once it has forked the first
            await made.run(language, "return []")
        resident, _own = memory(warm_parent(f"{language}_code"))
        assert resident < most * MIB
