from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from tests.unit.gateway.rest import WORKFLOWS, RestWorld
from tests.unit.gateway.world import Answered, call


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


class Browser:
    """Keeps cookies as a browser would, and sends what our own page sends."""

    def __init__(self, world: RestWorld) -> None:
        self.world = world
        self.cookies: dict[str, str] = {}

    async def ask(
        self, method: str, path: str, body: bytes = b"", *, csrf: str | None = None
    ) -> Answered:
        headers = {"cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        headers["x-csrf-token"] = self.cookies.get("alur_csrf", "") if csrf is None else csrf
        headers["content-type"] = "application/json"
        answer = await call(self.world.gateway.asgi, method, path, body, headers=headers)
        for text in answer.cookies:
            for name, morsel in SimpleCookie(text).items():
                self.cookies[name] = morsel.value
        return answer

    async def sign_in(self) -> Answered:
        link = await self.world.people.new_sign_in_link()
        return await self.ask("POST", "/api/v1/session", f'{{"token": "{link}"}}'.encode())


async def test_a_link_signs_in_once(world: RestWorld) -> None:
    browser = Browser(world)
    answer = await browser.sign_in()
    assert answer.status == 204
    assert (await browser.ask("GET", "/api/v1/me")).json["role"] == "owner"


async def test_the_session_is_out_of_reach_for_scripts_and_other_sites(world: RestWorld) -> None:
    cookies = {c.partition("=")[0]: c.lower() for c in (await Browser(world).sign_in()).cookies}
    assert all("samesite=strict" in text for text in cookies.values())
    assert "httponly" in cookies["alur_session"]
    assert "httponly" in cookies["alur_refresh"]
    assert "path=/api/v1/session:refresh;" in cookies["alur_refresh"]
    # What webhooks answer is shown by the same host, and gets none.
    assert "path=/api;" in cookies["alur_session"]
    assert "httponly" not in cookies["alur_csrf"]


async def test_cookies_are_for_https_alone_where_callers_come_by_it(tmp_path: Path) -> None:
    world = await RestWorld.make(tmp_path, public_url="https://alur.test")
    answer = await Browser(world).sign_in()
    assert all("; Secure" in text for text in answer.cookies)


async def test_a_link_is_used_up(world: RestWorld) -> None:
    link = await world.people.new_sign_in_link()
    body = f'{{"token": "{link}"}}'.encode()
    await Browser(world).ask("POST", "/api/v1/session", body)
    assert (await Browser(world).ask("POST", "/api/v1/session", body)).status == 401


@pytest.mark.parametrize("csrf", ["", "0" * 64])
async def test_a_write_by_session_needs_the_token_of_our_page(world: RestWorld, csrf: str) -> None:
    browser = Browser(world)
    await browser.sign_in()
    answer = await browser.ask("POST", "/api/v1/tokens", b'{"name": "x"}', csrf=csrf)
    assert (answer.status, answer.json["code"]) == (403, "csrf")
    assert (await browser.ask("POST", "/api/v1/tokens", b'{"name": "x"}')).status == 201


async def test_a_session_goes_on_by_its_refresh_cookie(world: RestWorld) -> None:
    browser = Browser(world)
    await browser.sign_in()
    world.clock.advance(16 * 60)
    assert (await browser.ask("GET", "/api/v1/me")).status == 401
    assert (await browser.ask("POST", "/api/v1/session:refresh", csrf="x")).status == 403
    assert (await browser.ask("POST", "/api/v1/session:refresh")).status == 204
    assert (await browser.ask("GET", "/api/v1/me")).status == 200


async def test_signing_out_ends_the_session(world: RestWorld) -> None:
    browser = Browser(world)
    await browser.sign_in()
    kept = dict(browser.cookies)
    assert (await browser.ask("DELETE", "/api/v1/session")).status == 204
    browser.cookies = kept
    assert (await browser.ask("GET", "/api/v1/me")).status == 401


async def test_a_token_is_shown_once_and_ends_when_revoked(world: RestWorld) -> None:
    made = (await world.ask("POST", "/api/v1/tokens", {"name": "ci"})).json
    assert (await world.ask("GET", "/api/v1/me", token=made["token"])).status == 200
    listed = await world.ask("GET", "/api/v1/tokens")
    assert made["token"] not in listed.body.decode()
    assert (await world.ask("DELETE", f"/api/v1/tokens/{made['id']}")).status == 204
    assert (await world.ask("GET", "/api/v1/me", token=made["token"])).status == 401


async def test_a_scoped_token_does_only_what_it_is_for(world: RestWorld) -> None:
    body = {"name": "reader", "scopes": ["workflows:read"]}
    token = (await world.ask("POST", "/api/v1/tokens", body)).json["token"]
    assert (await world.ask("GET", WORKFLOWS, token=token)).status == 200
    assert (await world.ask("GET", "/api/v1/credentials", token=token)).status == 403
    assert (await world.ask("DELETE", f"{WORKFLOWS}/x", token=token)).status == 403


async def test_a_token_of_one_project_sees_no_other(world: RestWorld) -> None:
    await world.ask("POST", "/api/v1/projects", {"name": "shop"})
    body = {"name": "t", "projects": ["shop"]}
    token = (await world.ask("POST", "/api/v1/tokens", body)).json["token"]
    assert (await world.ask("GET", WORKFLOWS, token=token)).status == 404
    assert (await world.ask("GET", "/api/v1/projects/shop/workflows", token=token)).status == 200
    listed = (await world.ask("GET", "/api/v1/projects", token=token)).json["items"]
    assert [project["name"] for project in listed] == ["shop"]


@pytest.mark.parametrize("base", ["/api/v1/credentials", "/api/v1/projects/default/credentials"])
async def test_a_credential_goes_in_and_never_comes_out(world: RestWorld, base: str) -> None:
    body = {"type": "bearer", "fields": {"token": "canary-secret"}}
    kept = await world.ask("PUT", f"{base}/sales", body)
    shown = [kept, await world.ask("GET", base), await world.ask("GET", f"{base}/sales")]
    assert [answer.status for answer in shown] == [201, 200, 200]
    assert (await world.ask("PUT", f"{base}/sales", body)).status == 200
    assert all("canary-secret" not in answer.body.decode() for answer in shown)
    assert (await world.ask("DELETE", f"{base}/sales")).status == 204
    assert (await world.ask("GET", f"{base}/sales")).status == 404


async def test_variables_come_and_go(world: RestWorld) -> None:
    path = "/api/v1/variables/RATE"
    assert (await world.ask("PUT", path, {"value": 7})).json["value"] == 7
    assert (await world.ask("GET", path)).json["value"] == 7
    assert len((await world.ask("GET", "/api/v1/variables")).json["items"]) == 1
    tags = [(await world.ask("GET", path)).headers["etag"]]
    await world.ask("PUT", path, {"value": 7})
    tags.append((await world.ask("GET", path)).headers["etag"])
    assert tags == ['"1"', '"2"']
    assert (await world.ask("DELETE", path)).status == 204


async def test_a_variable_that_changed_meanwhile_is_not_replaced(world: RestWorld) -> None:
    path, new = "/api/v1/variables/RATE", {"if-none-match": "*"}
    asked = [new, new, {"if-match": '"1"'}, {"if-match": '"1"'}]
    answers = [await world.ask("PUT", path, {"value": 7}, headers=headers) for headers in asked]
    assert [answer.status for answer in answers] == [201, 412, 200, 412]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("credentials/sales", {"type": "bearer", "fields": {"token": "t"}}),
        ("variables/RATE", {"value": 7}),
    ],
)
async def test_what_changed_meanwhile_is_not_deleted(
    world: RestWorld, path: str, body: dict[str, Any]
) -> None:
    place = f"/api/v1/projects/default/{path}"
    await world.ask("PUT", place, body)
    kept = await world.ask("PUT", place, body)
    stale = await world.ask("DELETE", place, headers={"if-match": '"1"'})
    assert (stale.status, stale.json["code"]) == (412, "stale")
    assert "changed meanwhile" in stale.json["detail"]
    assert (await world.ask("DELETE", place, headers={"if-none-match": "*"})).status == 412
    seen = {"if-match": f'"9", {kept.headers["etag"]}'}
    answers = [await world.ask("DELETE", place, headers=seen) for _ in range(2)]
    assert [answer.status for answer in answers] == [204, 404]


@pytest.mark.parametrize("base", ["/api/v1", "/api/v1/projects/default"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("credentials", {"name": "sales", "type": "bearer", "fields": {"token": "t"}}),
        ("variables", {"name": "RATE", "value": 7}),
    ],
)
async def test_posting_makes_one_and_replaces_none(
    world: RestWorld, base: str, kind: str, body: dict[str, Any]
) -> None:
    made = await world.ask("POST", f"{base}/{kind}", body)
    place = f"/api/v1/projects/default/{kind}/{body['name']}"
    assert (made.status, made.headers["location"], made.headers["etag"]) == (201, place, '"1"')
    assert (await world.ask("GET", place)).json == made.json
    again = await world.ask("POST", f"{base}/{kind}", body)
    assert (again.status, again.json["code"]) == (409, "exists")


async def test_a_person_is_added_and_signs_in(world: RestWorld) -> None:
    added = (await world.ask("POST", "/api/v1/members", {"name": "Ann", "role": "editor"})).json
    browser = Browser(world)
    body = f'{{"token": "{added["signInToken"]}"}}'.encode()
    await browser.ask("POST", "/api/v1/session", body)
    assert (await browser.ask("GET", "/api/v1/me")).json["name"] == "Ann"
    path = f"/api/v1/members/{added['id']}"
    assert (await world.ask("PATCH", path, {"role": "viewer"})).json["role"] == "viewer"
    assert (await browser.ask("GET", "/api/v1/me")).json["role"] == "viewer"
    assert (await world.ask("DELETE", path)).status == 204
    assert (await browser.ask("GET", "/api/v1/me")).status == 401


async def test_the_audit_log_tells_who_did_what(world: RestWorld) -> None:
    await world.save()
    rows = (await world.ask("GET", "/api/v1/audit")).json["items"]
    assert (rows[0]["action"], rows[0]["resource"], rows[0]["target"]) == (
        "create",
        "workflows",
        "orders",
    )
    assert (await world.ask("GET", "/api/v1/audit:verify")).json["valid"] is True


async def test_projects_come_and_go(world: RestWorld) -> None:
    made = await world.ask("POST", "/api/v1/projects", {"name": "shop", "title": "Shop"})
    assert (made.status, made.headers["location"]) == (201, "/api/v1/projects/shop")
    assert (await world.ask("DELETE", "/api/v1/projects/shop")).status == 204
    assert (await world.ask("GET", "/api/v1/projects/shop")).status == 404


async def test_node_types_are_listed(world: RestWorld) -> None:
    items = (await world.ask("GET", "/api/v1/node-types")).json["items"]
    assert "core.set" in {item["type"] for item in items}
    one = await world.ask("GET", "/api/v1/node-types/core.set")
    assert one.json["parameters"]["type"] == "object"
