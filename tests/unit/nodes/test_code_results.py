"""What code returned is read in time that grows with it alone."""

from __future__ import annotations

import pytest

from alur_nodes.code_results import emitted
from alur_sdk import Item, Json, Permanent
from tests.support.growth import LINEAR, growth


def file(number: int) -> dict[str, Json]:
    return {"blob": f"blob-{number}", "name": f"{number}.pdf", "size": number}


def given(count: int) -> list[Item]:
    return [Item({}, {"data": file(number)}) for number in range(count)]


def test_the_files_of_many_items_are_looked_up_in_time_that_grows_with_their_number_alone() -> None:
    def read(count: int) -> None:
        returned: Json = [{"json": {}, "binary": {"data": file(n)}} for n in range(count)]
        made = emitted(returned, given(count), "all", "javascript")
        assert [item.binary for item in made] == [item.binary for item in given(count)]

    assert growth(read, 1_000) < LINEAR


@pytest.mark.parametrize(
    "binary", [{"data": file(9)}, {"data": {**file(1), "size": 2}}, {"data": [1]}, [file(1)], "x"]
)
def test_a_file_that_the_input_does_not_have_is_refused(binary: Json) -> None:
    with pytest.raises(Permanent, match="returned a file that its input does not have"):
        emitted([{"json": {}, "binary": binary}], given(3), "all", "javascript")
