"""What of the failures of node runs is told as a security event."""

from __future__ import annotations

import pytest

from alur_common.outbound.guard import REFUSED_HOST, RefusedError
from alur_sdk.errors import LIMITED_CREDENTIAL, AlurError, Permanent, Retryable, TimeLimitError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

STOPPED = TimeLimitError("the code was stopped", stopped="time")


@in_virtual_time
@pytest.mark.parametrize(
    ("error", "kind", "reason", "target"),
    [
        (
            RefusedError("10.0.0.1 is not a public address", address="10.0.0.1"),
            "address-refused",
            "not a public address",
            "10.0.0.1",
        ),
        (
            RefusedError("db leads to an address that is not public", host="db.internal"),
            "address-refused",
            "leads to an address that is not public",
            "db.internal",
        ),
        (
            Retryable("Kafka at broker", **{REFUSED_HOST: "broker"}),
            "address-refused",
            "leads to an address that is not public",
            "broker",
        ),
        (STOPPED, "code-stopped", "time", "the code was stopped"),
    ],
)
async def test_what_was_refused_is_told_with_its_place(
    world: World, error: AlurError, kind: str, reason: str, target: str
) -> None:
    world.outside.next = [error]
    ended = await world.run(chain(node("a")), {"n": 1})
    event = world.noted.only
    assert (event.kind, event.reason, event.target) == (kind, reason, target)
    assert (event.execution, event.node) == (ended.id, "a")
    assert (event.tenant, event.workflow) == (ended.tenant, ended.workflow)


@in_virtual_time
async def test_a_refusal_that_the_workflow_goes_on_after_is_told_too(world: World) -> None:
    world.outside.next = [STOPPED]
    ended = await world.run(chain(node("a", onError="continue")), {"n": 1})
    assert (ended.status, world.noted.kinds) == ("succeeded", ["code-stopped"])


@in_virtual_time
async def test_what_is_no_plain_host_is_not_said_where_a_credential_was_to_go(world: World) -> None:
    refused = {LIMITED_CREDENTIAL: "key", "host": ""}
    world.outside.next = [Permanent("'hush://x' is not written plainly", **refused)]
    await world.run(chain(node("a")), {"n": 1})
    assert world.noted.only.target == "key to what names no plain host"
    assert "hush" not in repr(world.noted.only)


@in_virtual_time
async def test_other_failures_are_none(world: World) -> None:
    world.outside.next = [Permanent("no")]
    await world.run(chain(node("a")), {"n": 1})
    assert world.noted.events == []
