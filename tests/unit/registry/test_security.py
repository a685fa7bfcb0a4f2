"""Security events in the audit log: whose they are, who may read them, and that the chain holds them."""

from __future__ import annotations

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.security.events import SecurityEvent
from alur_common.security.rights import Caller, Role
from alur_registry.adapters.stored import stored
from alur_registry.domain.entities import Tenant
from alur_registry.service import Registry
from alur_sdk.errors import ForbiddenError, InvalidError, UnauthenticatedError
from tests.unit.registry.world import CallerOf

REFUSED = SecurityEvent(
    "proof-refused",
    tenant="default",
    reason="the webhook's proof is missing or wrong",
    source="192.0.2.7",
    target="order placed",
    project="default",
    workflow="orders",
    count=3,
    first_at=0.0,
    last_at=60.0,
)


async def test_a_security_event_is_a_row_of_the_chain(registry: Registry, owner: Caller) -> None:
    await registry.record_security_events([REFUSED])
    (row,) = (await registry.list_audit(owner)).items
    assert (row.action, row.resource, row.target) == ("proof-refused", "security", "order placed")
    assert row.details == {
        "count": 3,
        "firstAt": "1970-01-01T00:00:00.000Z",
        "lastAt": "1970-01-01T00:01:00.000Z",
        "reason": "the webhook's proof is missing or wrong",
        "source": "192.0.2.7",
        "workflow": "orders",
    }
    assert (await registry.verify_audit(owner))["valid"]


async def test_they_are_listed_apart_newest_first_and_by_kind(
    registry: Registry, owner: Caller
) -> None:
    for kind in ("rate-limited", "proof-refused", "rate-limited"):
        await registry.record_security_events([SecurityEvent(kind, "default")])
        await registry.set_variable(owner, "default", "REGION", kind)
    first = await registry.list_security_events(owner, limit=2)
    rest = await registry.list_security_events(owner, limit=2, cursor=first.next_cursor)
    kinds = [row.action for row in first.items + rest.items]
    assert kinds == ["rate-limited", "proof-refused", "rate-limited"]
    limited = await registry.list_security_events(owner, kind="rate-limited")
    assert [row.action for row in limited.items] == ["rate-limited"] * 2
    with pytest.raises(InvalidError, match="proof-refused"):
        await registry.list_security_events(owner, kind="anything")


async def test_what_is_nobodys_is_that_of_the_only_tenant(
    registry: Registry, owner: Caller
) -> None:
    await registry.record_security_events([SecurityEvent("sign-in-refused")])
    assert len((await registry.list_security_events(owner)).items) == 1


async def test_of_several_tenants_each_sees_its_own(
    registry: Registry, owner: Caller, documents: MemoryDocuments
) -> None:
    await stored(documents).tenants.insert(Tenant("other", "o", 0.0, is_ready=True))
    events = [SecurityEvent("rate-limited", tenant) for tenant in ("other", "", "made-up")]
    await registry.record_security_events(events)
    other = Caller("other", "o", "owner")
    assert (await registry.list_security_events(owner)).items == []
    assert len((await registry.list_security_events(other)).items) == 1


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
async def test_who_may_not_read_the_audit_log_may_not_read_them(
    registry: Registry, caller_of: CallerOf, role: Role
) -> None:
    with pytest.raises(ForbiddenError):
        await registry.list_security_events(await caller_of(role))


async def test_a_session_whose_secret_comes_again_says_whose_it_was(
    registry: Registry, owner: Caller
) -> None:
    stolen = await registry.sign_in(await registry.new_sign_in_link())
    fresh = await registry.refresh(stolen.refresh)
    await registry.refresh(fresh.refresh)
    with pytest.raises(UnauthenticatedError, match="sign in") as refused:
        await registry.refresh(stolen.refresh)
    assert refused.value.details == {"tenant": "default", "who": owner.user}
