"""Line 2 of the security checklist: no generated attack gets out of an expression. `make fuzz` goes on for hours."""

from __future__ import annotations

import pytest

from tests.fuzz.attacks import SEEDS
from tests.fuzz.expressions import broken_by, load_all
from tests.fuzz.rounds import play
from tests.support.canary import Canary
from tests.support.jail import cell

EXAMPLES = 1_000


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Canary:
    load_all()
    return Canary.placed(tmp_path_factory.mktemp("canary"))


def test_no_known_attack_reaches_anything(canary: Canary) -> None:
    assert {source: found for source in SEEDS if (found := broken_by(source, canary))} == {}


async def test_no_generated_attack_reaches_anything(canary: Canary) -> None:
    async with cell() as made:
        await play(1, EXAMPLES, made, canary)
