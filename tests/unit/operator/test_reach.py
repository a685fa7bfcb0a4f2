"""The namespaces that may be watched come and go."""

from __future__ import annotations

import asyncio

import pytest

from alur_operator.adapters.reach import LOOK_SECONDS, Reach
from alur_sdk.errors import UnavailableError
from tests.support.virtual_time import in_virtual_time


class Cluster:
    """One whose namespaces of these names may be listed."""

    def __init__(self, *able: str) -> None:
        self.able = set(able)

    async def may_list(self, namespace: str) -> bool:
        return namespace in self.able


@pytest.mark.parametrize(
    ("watched", "able", "expected"),
    [
        (("one", "two"), ("one", "two"), ("one", "two")),
        (("one", "two"), ("one",), ("one",)),
        (("one", "two"), (), ("one", "two")),
        ((), (), ()),
    ],
)
async def test_those_are_watched_that_may_be_or_all_where_none_may(
    watched: tuple[str, ...], able: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert await Reach(Cluster(*able), watched).namespaces() == expected


@in_virtual_time
async def test_work_begins_anew_once_another_may_be_watched_or_one_no_more() -> None:
    cluster = Cluster("one")
    reach = Reach(cluster, ("one", "two"))
    for change in ({"one", "two"}, {"two"}):
        watching = await reach.namespaces()
        looking = asyncio.create_task(reach.until_changed(watching))
        await asyncio.sleep(3 * LOOK_SECONDS)
        assert not looking.done()
        cluster.able = change
        with pytest.raises(UnavailableError, match="two"):
            await looking
