"""What the gateway refuses and tells of, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from alur_common.security.events import SecurityEvent
from alur_common.security.records import UnsealedCredential
from tests.unit.gateway.rest import DOCUMENT, WORKFLOWS, RestWorld
from tests.unit.gateway.world import HOOK_ID, World, call, webhook

KEY = "a-very-secret-key"


@pytest.fixture
async def rest(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


@pytest.fixture
def guarded() -> World:
    """A world with a webhook that demands a header."""
    world = World()
    trigger = webhook(auth={"type": "header"})
    world.keep({**trigger, "credentials": {"auth": "key"}})
    world.hooks.secrets["key"] = UnsealedCredential("api-key", {"value": KEY})
    return world


async def test_a_webhook_without_its_proof_is_told(guarded: World) -> None:
    answer = await guarded.hook(headers={"x-api-key": "wrong-and-private"})
    assert answer.status == 401
    event = guarded.noted.only
    assert (event.kind, event.tenant, event.workflow) == ("proof-refused", "default", "orders")
    assert (event.source, event.target) == ("127.0.0.1", "in")
    for hidden in (KEY, "wrong-and-private", HOOK_ID):
        assert hidden not in repr(event)


async def test_a_webhook_with_its_proof_is_not(guarded: World) -> None:
    assert (await guarded.hook(headers={"x-api-key": KEY})).status == 202
    assert guarded.noted.events == []


async def test_an_unknown_address_is_no_event(guarded: World) -> None:
    await call(guarded.gateway.asgi, "POST", f"/hooks/{'f' * 32}/orders")
    assert guarded.noted.events == []


async def test_a_credential_that_is_not_for_webhooks_is_told_by_its_name(guarded: World) -> None:
    guarded.hooks.secrets["key"] = UnsealedCredential(
        "api-key", {"value": KEY}, node_types=("http.request",), name="key"
    )
    answer = await guarded.hook(headers={"x-api-key": KEY})
    assert answer.status == 401
    assert b'"key"' not in answer.body
    event = guarded.noted.only
    assert (event.kind, event.target, event.workflow) == ("credential-refused", "key", "orders")
    assert KEY not in repr(event)


async def test_a_rate_limit_is_told_with_whose_webhook_it_is() -> None:
    world = World(rate_per_hook="1/minute")
    world.keep(webhook())
    assert [(await world.hook()).status for _ in range(2)] == [202, 429]
    event = world.noted.only
    assert (event.kind, event.workflow, event.source) == ("rate-limited", "orders", "127.0.0.1")


async def test_a_rate_limit_of_the_api_is_told(tmp_path: Path) -> None:
    world = await RestWorld.make(tmp_path, **{"rate_per_token": "1/minute"})
    assert [(await world.ask("GET", "/api/v1/me")).status for _ in range(2)] == [200, 429]
    assert world.noted.only.kind == "rate-limited"


async def test_who_may_not_is_told_with_what_they_wanted(rest: RestWorld) -> None:
    token = await rest.member("viewer")
    await rest.ask("PUT", f"{WORKFLOWS}/orders", DOCUMENT, token=token)
    event = rest.noted.only
    assert (event.kind, event.target, event.project) == (
        "permission-refused",
        "put_workflow",
        "default",
    )
    assert (event.tenant, event.source) == ("default", "127.0.0.1")
    assert event.who
    assert token not in repr(event)


async def test_a_project_out_of_reach_is_a_refused_permission(rest: RestWorld) -> None:
    await rest.people.create_project(rest.owner, "shop")
    token = await rest.token_of(rest.owner, projects=["shop"])
    assert (await rest.ask("GET", WORKFLOWS, token=token)).status == 404
    assert rest.noted.kinds == ["permission-refused"]


async def test_what_just_is_not_there_is_none(rest: RestWorld) -> None:
    assert (await rest.ask("GET", f"{WORKFLOWS}/none")).status == 404
    assert rest.noted.events == []


async def test_a_token_that_does_not_count_is_told_and_never_said(rest: RestWorld) -> None:
    await rest.ask("GET", "/api/v1/me", headers={"authorization": "Bearer made-up-and-private"})
    event = rest.noted.only
    assert (event.kind, event.who, event.tenant) == ("sign-in-refused", "", "")
    assert "made-up" not in repr(event)


async def test_a_used_sign_in_link_is_told(rest: RestWorld) -> None:
    answer = await call(
        rest.gateway.asgi,
        "POST",
        "/api/v1/session",
        b'{"token": "used"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status == 401
    assert rest.noted.only.kind == "sign-in-refused"


async def test_a_browser_that_is_not_signed_in_is_none(rest: RestWorld) -> None:
    assert (await call(rest.gateway.asgi, "GET", "/api/v1/me")).status == 401
    assert rest.noted.events == []


async def test_they_are_listed_for_an_admin(rest: RestWorld) -> None:
    refused = SecurityEvent(
        "address-refused", "default", target="10.0.0.1", execution="e-1", workflow="orders"
    )
    await rest.people.record_security_events([refused, SecurityEvent("rate-limited", "default")])
    answer = await rest.ask("GET", "/api/v1/security-events", query="kind=address-refused")
    (shown,) = answer.json["items"]
    assert (shown["kind"], shown["target"], shown["execution"]) == (
        "address-refused",
        "10.0.0.1",
        "e-1",
    )
    assert shown["who"] is None
    everything = await rest.ask("GET", "/api/v1/security-events", query="limit=1")
    assert (len(everything.json["items"]), everything.json["nextCursor"] is None) == (1, False)


@pytest.mark.parametrize(("query", "status"), [("kind=nonsense", 422), ("limit=0", 422)])
async def test_a_kind_that_there_is_not_is_told(rest: RestWorld, query: str, status: int) -> None:
    answer = await rest.ask("GET", "/api/v1/security-events", query=query)
    assert answer.status in {status, 400}


async def test_who_may_not_read_the_audit_log_sees_none(rest: RestWorld) -> None:
    token = await rest.member("editor")
    assert (await rest.ask("GET", "/api/v1/security-events", token=token)).status == 403


async def test_what_a_document_may_not_name_is_told_with_its_path(rest: RestWorld) -> None:
    token = await rest.token_of(rest.owner, scopes=["workflows:write"])
    nodes = [{"name": "a", "type": "core.set", "params": {"fields": {"b": ["{{ $vars.A }}"]}}}]
    document = {**DOCUMENT, "spec": {"nodes": nodes}}
    headers = {"if-none-match": "*"}
    answer = await rest.ask("PUT", f"{WORKFLOWS}/orders", document, token=token, headers=headers)
    (fault,) = answer.json["errors"]
    assert (answer.status, fault["path"]) == (403, "spec.nodes[0].params.fields.b[0]")
    assert "variables:read" in fault["message"]
    assert rest.noted.only.kind == "permission-refused"
