"""`DateTime`, `Intl` and the helpers within code of users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from alur_jail.failures import CodeFailedError
from tests.support.jail import Cell, cell

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("code_names.yaml").read_text()
)
ITEM = {"list": [4, 5], "at": "2024-05-01T10:00:00Z"}


async def outcome(made: Cell, code: str) -> dict[str, Any]:
    try:
        return {"is": await made.run("javascript", code, [ITEM])}
    except CodeFailedError as error:
        return {"throws": error.message}


async def test_code_finds_the_names_that_expressions_have() -> None:
    async with cell() as made:
        told = [(case, await outcome(made, case["code"])) for case in CASES]
    assert [
        (case["code"], each)
        for case, each in told
        if each.get("is") != case.get("is") or case.get("throws", "") not in each.get("throws", "")
    ] == []


async def test_the_place_of_a_mistake_is_that_in_the_code_as_it_was_written() -> None:
    async with cell() as made:
        told = await outcome(made, "const one = [1].first();\nreturn none.first();")
    assert told["throws"].endswith("(line 2): `return none.first();`")
