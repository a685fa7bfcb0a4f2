"""Events from outside: what their signature covers, and what is believed without one."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from alur_common.bus import PoisonError
from alur_common.events import ExternalReceived
from alur_common.security.records import UnsealedCredential
from alur_scheduler.domain.outside import fits, is_signed_by, item_of, signature_of
from alur_scheduler.service.outside import OutsideEvents
from alur_sdk.errors import NotFoundError
from tests.support.clock import FakeClock
from tests.support.security import Noted

EVENT = ExternalReceived(
    "k", "", "1", "/shop", "order", "2026-01-01T00:00:00Z", "7", "application/json", b'{"a":1}'
)


def test_the_signature_is_that_of_the_contract() -> None:
    # printf '1\n/shop\norder\n2026-01-01T00:00:00Z\n{"a":1}' | openssl dgst -sha256 -hmac secret -binary | base64
    assert signature_of("secret", EVENT) == "OeSpMuqpEdP0ku6mEMtqcjNZzoD4lSre2jspkpctBpY="
    signed = replace(EVENT, signature=signature_of("secret", EVENT))
    assert is_signed_by("secret", signed)
    for change in ({"id": "2"}, {"source": "/x"}, {"type": "x"}, {"time": ""}, {"data": b"{}"}):
        assert not is_signed_by("secret", replace(signed, **change))
    assert not is_signed_by("other", signed)


@pytest.mark.parametrize(
    ("params", "does"),
    [
        ({}, True),
        ({"type": "order"}, True),
        ({"type": "ord*", "source": "/shop", "subject": "7"}, True),
        ({"type": "ord"}, False),
        ({"type": "order", "subject": "8"}, False),
        ({"source": "/sho*"}, True),
    ],
)
def test_an_event_fits_what_is_given(params: dict[str, str], does: bool) -> None:
    assert fits(params, EVENT) is does


def test_data_are_what_their_type_says() -> None:
    text = replace(EVENT, content_type="text/plain", data=b"hello")
    raw = replace(EVENT, content_type="image/png", data=b"\x89")
    assert item_of(EVENT)["data"] == {"a": 1}
    assert item_of(text)["data"] == "hello"
    assert item_of(raw)["data_base64"] == base64.b64encode(b"\x89").decode()
    assert "data" not in item_of(replace(EVENT, data=b""))
    for data in (b"{", b"NaN", b"[" * 300 + b"]" * 300):
        with pytest.raises(ValueError):  # noqa: PT011  # what is wrong with it is the reader's to say
            item_of(replace(EVENT, data=data))


class Alone:
    """Definitions and listeners of an installation with this tenant, or several."""

    def __init__(self, tenant: str | None) -> None:
        self.tenant = tenant
        self.asked: list[str | None] = []

    async def only_tenant(self) -> str | None:
        return self.tenant

    async def all_of(self, kind: str, tenant: str | None = None) -> AsyncIterator[Any]:
        self.asked.append(tenant)
        none: list[Any] = []
        for listener in none:
            yield listener


class Keys:
    """Definitions that know the key of one producer."""

    async def unseal_producer(self, tenant: str, producer: str) -> UnsealedCredential:
        if producer != "shop":
            raise NotFoundError("there is no such producer")
        return UnsealedCredential("hmac", {"secret": "the right one"})


async def received(event: ExternalReceived, tenant: str | None, *, trusts: bool) -> list[Any]:
    alone: Any = Alone(tenant)
    noted = Noted()
    outside = OutsideEvents(alone, alone, alone, FakeClock(), noted, trusts_topic=trusts)
    try:
        await outside.on_received(event)
    finally:
        assert noted.kinds == ([] if alone.asked else ["event-refused"])
    return list(alone.asked)


async def test_an_unsigned_event_counts_where_the_topic_is_trusted_and_one_tenant_is() -> None:
    assert await received(EVENT, "only", trusts=True) == ["only"]
    assert await received(replace(EVENT, tenant="only"), "only", trusts=True) == ["only"]


@pytest.mark.parametrize(
    ("tenant", "claimed", "trusts"),
    [("only", "", False), (None, "", True), ("only", "another", True)],
)
async def test_else_it_is_a_dead_letter(tenant: str | None, claimed: str, trusts: bool) -> None:
    with pytest.raises(PoisonError, match="not signed"):
        await received(replace(EVENT, tenant=claimed), tenant, trusts=trusts)


async def test_an_event_with_a_wrong_signature_is_told_as_its_tenants() -> None:
    noted = Noted()
    keys: Any = Keys()
    outside = OutsideEvents(keys, keys, keys, FakeClock(), noted, trusts_topic=False)
    forged = replace(EVENT, tenant="acme", producer="shop", signature="bm8=")
    with pytest.raises(PoisonError, match="signature"):
        await outside.on_received(forged)
    told = noted.only
    assert (told.kind, told.tenant, told.source, told.target) == (
        "event-refused",
        "acme",
        "/shop",
        "order",
    )
    assert "bm8=" not in repr(told)


async def test_a_tenant_that_anybody_may_name_counts_for_nothing() -> None:
    noted = Noted()
    keys: Any = Keys()
    outside = OutsideEvents(keys, keys, keys, FakeClock(), noted, trusts_topic=False)
    with pytest.raises(PoisonError, match="not known"):
        await outside.on_received(replace(EVENT, tenant="acme", producer="x", signature="bm8="))
    assert noted.only.tenant == ""
