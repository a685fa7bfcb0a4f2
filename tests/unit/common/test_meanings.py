from __future__ import annotations

from pathlib import Path

import pytest

from alur_common.meanings import MEANINGS, meaning_of
from alur_sdk.errors import LimitError

ERRORS = Path(__file__).parents[3] / "docs" / "how-to" / "errors.md"
LIMITS = LimitError.__subclasses__()


def test_each_limit_has_a_code_of_its_own() -> None:
    codes = {kind.code for kind in LIMITS}
    assert len(codes) == len(LIMITS) >= 7
    assert all(code.startswith("limit-") for code in codes)


@pytest.mark.parametrize("kind", [LimitError, *LIMITS])
def test_a_limit_is_known_on_the_wire_and_to_readers(kind: type[LimitError]) -> None:
    assert kind.code in MEANINGS
    assert (meaning_of(kind.code).status, meaning_of(kind.code).grpc) == (422, "RESOURCE_EXHAUSTED")
    assert f"`{kind.code}`" in ERRORS.read_text()
