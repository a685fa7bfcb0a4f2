"""What the jail tells of expressions is taken for nothing that it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from alur_engine.expressions import JailedJavaScript, Limits
from alur_engine.expressions.sampling import scope_of
from alur_executor.service.coding import Answers
from alur_executor.service.foreseeing import foresee
from alur_jail import Ears, RunLimits
from alur_sdk.errors import Permanent
from alur_sdk.items import Item, Json

SOURCE = "(class {}, 1)"


class TellingJail:
    """A jail that tells one and the same of whatever is asked."""

    def __init__(self, told: Json) -> None:
        self._told = told

    async def run(
        self, tenant: str, language: str, request: Mapping[str, Any], limits: RunLimits, ears: Ears
    ) -> Json:
        return self._told


@pytest.mark.parametrize(
    "told",
    [
        None, 1, "ab", {}, [], ["ab"], [[]], [[[0, 1]]], [[[0, 1]] * 3], [[1, 2]], [["x", "y"]],
        [[[2, "abc"]] * 2], [{"0": [0, 1], "1": [0, 1]}], [[[0, 1]] * 2] * 2,
    ],
)  # fmt: skip
async def test_what_is_no_outcome_is_one_typed_error_at_each_item(told: Json) -> None:
    expression = JailedJavaScript().compile(SOURCE, Limits())
    scope = scope_of({"items": [{}, {}]}, 0.0)
    answers = Answers(lambda _: scope, lambda _: {})
    items = [Item({}, None), Item({}, None)]
    jail = TellingJail(told)
    foreseen = await foresee(jail, "acme", [expression], items, answers, count=2)
    for index in range(2):
        with pytest.raises(Permanent, match=r"no outcome|cannot be read"):
            foreseen(SOURCE, index)
