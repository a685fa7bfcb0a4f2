"""Topics that were just made are waited for until somebody answers for them and for the groups that read them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorForGroupError,
)

from alur_common.kafka import readiness
from alur_sdk.errors import UnavailableError


class Broker:
    """Answers for a group's coordinator, one after the other, and says how often it was asked."""

    def __init__(self, *answers: type[KafkaError] | int) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def find_coordinator(self, group: str) -> int:
        assert group == "alur-scheduler"
        self.asked += 1
        fault = self._answers[0]
        if not isinstance(fault, int):
            del self._answers[0]
            raise fault
        return 1

    async def describe_consumer_groups(self, groups: list[str], node: int) -> list[Any]:
        assert (groups, node) == (["alur-scheduler"], 1)
        return [SimpleNamespace(groups=[(self._answers.pop(0), "alur-scheduler", "Dead")])]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_LOOK_SECONDS", 0.0)


async def until_coordinated(broker: Broker) -> None:
    await readiness._until_coordinated(cast(Any, broker), readiness.group_id("scheduler"))


async def test_a_group_is_waited_for_until_its_coordinator_answers() -> None:
    missing, no_error = GroupCoordinatorNotAvailableError, NoError.errno
    loading, elsewhere = CoordinatorLoadInProgressError.errno, NotCoordinatorForGroupError.errno
    broker = Broker(missing, missing, loading, elsewhere, no_error)
    await until_coordinated(broker)
    assert broker.asked == 5


async def test_whoever_may_not_ask_for_a_group_does_not_wait_for_it() -> None:
    broker = Broker(GroupAuthorizationFailedError)
    await until_coordinated(broker)
    assert broker.asked == 1


async def test_a_coordinator_that_never_comes_is_told() -> None:
    broker = Broker(*[GroupCoordinatorNotAvailableError] * readiness._LOOKS)
    with pytest.raises(UnavailableError, match="no coordinator for the group alur-scheduler"):
        await until_coordinated(broker)
