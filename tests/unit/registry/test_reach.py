"""The allow lists of the outbound guard are settings; what they let through is seen in the audit log when it changes."""

from __future__ import annotations

from typing import Any

import pytest

from alur_common.clock import SystemIds
from alur_common.documents.memory import MemoryDocuments
from alur_common.outbound.lists import AllowLists
from alur_common.security.rights import Caller
from alur_registry.main import build
from alur_registry.service import Registry
from alur_registry.settings import Settings
from tests.unit.registry.world import MovingClock, RememberingBus

SHOP = "shop=10.0.0.0/8 10.1.2.3:5432, acme/shop=10.7.0.0/16"


@pytest.mark.parametrize(
    ("everyone", "owned", "tenant", "told"),
    [
        ("", "", "default", {}),
        ("127.0.0.0/8", "", "default", {"*": "127.0.0.0/8"}),
        ("", SHOP, "default", {"shop": "10.0.0.0/8,10.1.2.3:5432"}),
        ("", SHOP, "acme", {"shop": "10.7.0.0/16"}),
        ("10.0.0.0/8", "acme/*=fd00::/8", "acme", {"*": "10.0.0.0/8,fd00::/8"}),
        ("", "shop=10.0.0.0/8, default/shop=10.1.0.0/16", "default", {"shop": "10.0.0.0/8,10.1.0.0/16"}),
    ],
)  # fmt: skip
def test_a_tenant_is_told_its_own_lists_alone(
    everyone: str, owned: str, tenant: str, told: dict[str, str]
) -> None:
    assert AllowLists.parse(everyone, owned).told(tenant) == told


async def test_a_start_with_other_lists_than_before_is_a_row_of_the_audit_log(
    owner: Caller, registry: Registry, documents: MemoryDocuments, settings: Settings
) -> None:
    async def started(**lists: str) -> list[dict[str, Any]]:
        clock = MovingClock()
        other = settings.model_copy(update=lists)
        again = build(documents, RememberingBus(), clock, SystemIds(clock), other)
        await again.start()
        await again.record_reach()
        rows = (await again.list_audit(owner)).items
        return [dict(row.details["allowed"]) for row in rows if row.resource == "networks"]

    wide = {"*": "10.0.0.0/8"}
    assert await started() == []
    assert await started(outbound_allow="10.0.0.0/8") == [wide]
    assert await started(outbound_allow="10.0.0.0/8") == [wide]
    shop = {**wide, "shop": "192.168.0.0/16"}
    narrower = {"outbound_allow": "10.0.0.0/8", "outbound_projects": "shop=192.168.0.0/16"}
    assert await started(**narrower) == [shop, wide]
    assert await started() == [{}, shop, wide]
    assert (await registry.verify_audit(owner))["valid"] is True
