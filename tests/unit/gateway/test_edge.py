"""What is around the interfaces: probes, static files, cross-origin rules, rate limits, metrics."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from alur_common.telemetry import Metrics
from alur_gateway.adapters.metrics import RequestMetrics
from alur_gateway.domain.limits import client_of, networks_of
from alur_gateway.main import build
from alur_gateway.settings import Settings
from alur_sdk.errors import InvalidError
from tests.unit.gateway.rest import RestWorld
from tests.unit.gateway.world import Answered, World, call, webhook

PAGE = "https://shop.example"


@pytest.fixture
def world() -> World:
    return World()


async def get(world: World, path: str, **headers: str) -> Answered:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await call(world.gateway.asgi, "GET", path, headers=given)


async def test_it_is_alive_before_it_is_ready(world: World) -> None:
    assert (await get(world, "/healthz")).status == 200
    assert (await get(world, "/readyz")).status == 503
    world.gateway.set_ready(True)
    assert (await get(world, "/readyz")).status == 200
    world.gateway.stop()
    assert (await get(world, "/readyz")).status == 503


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
async def test_a_probe_is_only_read(world: World, path: str) -> None:
    answer = await call(world.gateway.asgi, "POST", path)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    head = await call(world.gateway.asgi, "HEAD", path)
    assert (head.status, head.body) == ((await get(world, path)).status, b"")


async def test_what_is_lost_makes_it_unready_and_never_dead(world: World) -> None:
    world.gateway.set_ready(True)
    world.gateway.set_lost("MongoDB: out of reach")
    answer = await get(world, "/readyz")
    said = {"status": "not ready", "reason": "MongoDB: out of reach"}
    assert (answer.status, answer.json) == (503, said)
    assert (await get(world, "/healthz")).status == 200
    world.gateway.set_lost("")
    assert (await get(world, "/readyz")).json == {"status": "ready"}


async def test_the_version_is_told(world: World) -> None:
    first, second = await get(world, "/version"), await get(world, "/version")
    assert first.json == second.json == {"version": "0.1.0"}


@pytest.fixture
def edited(tmp_path: Path) -> World:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>editor")
    (assets / "app-1a2b.js").write_text("console")
    return World(editor_dir=tmp_path)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/projects/default/workflows/orders"])
async def test_every_address_of_the_editor_is_its_page(edited: World, path: str) -> None:
    answer = await get(edited, path)
    assert (answer.status, answer.body) == (200, b"<!doctype html>editor")
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]


async def test_files_with_a_hash_in_their_name_are_kept_for_ever(edited: World) -> None:
    answer = await get(edited, "/assets/app-1a2b.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    again = await get(edited, "/assets/app-1a2b.js", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/gone.js", "/favicon.ico", "/api/nothing", "/hooks/x"])
async def test_what_is_not_there_is_no_page(edited: World, path: str) -> None:
    assert (await get(edited, path)).status == 404


async def test_an_editor_that_is_built_anew_is_served_without_a_restart(
    edited: World, tmp_path: Path
) -> None:
    page, old, new = tmp_path / "index.html", "app-1a2b.js", "app-3c4d.js"
    (tmp_path / "assets" / old).unlink()
    page.unlink()
    assert (await get(edited, f"/assets/{old}")).status == 404
    assert b"make install" in (await get(edited, "/")).body
    page.write_text(f"<!doctype html>{new}")
    assert new.encode() in (await get(edited, "/projects/default/workflows")).body
    (tmp_path / "assets" / new).write_text("console.log()")
    os.utime(tmp_path / "assets", (1, 1))  # a clock may stand still between two writes
    assert (await get(edited, f"/assets/{new}")).body == b"console.log()"


async def test_a_head_has_no_body(edited: World) -> None:
    answer = await call(edited.gateway.asgi, "HEAD", "/")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "21")


async def test_without_an_editor_there_is_a_word_about_it(world: World) -> None:
    assert b"make install" in (await get(world, "/")).body


async def test_the_page_of_the_api_runs_no_script_but_ours(world: World) -> None:
    page = await get(world, "/api/docs")
    assert b"<script type=" in page.body
    assert b"http" not in page.body.replace(b"https://alur.dev", b"")
    assert (await get(world, "/api/docs.js")).status == 200


async def test_only_named_origins_may_read_answers() -> None:
    world = World(cors_origins=f"{PAGE}, https://other.example")
    allowed = await get(world, "/healthz", origin=PAGE)
    refused = await get(world, "/healthz", origin="https://evil.example")
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-origin" not in refused.headers
    assert "access-control-allow-credentials" not in allowed.headers


async def test_a_preflight_is_answered_for_named_origins_alone() -> None:
    world = World(cors_origins=PAGE)
    asks = {"origin": PAGE, "access-control-request-method": "PUT"}
    allowed = await call(world.gateway.asgi, "OPTIONS", "/api/v1/me", headers=asks)
    evil = {**asks, "origin": "https://evil.example"}
    refused = await call(world.gateway.asgi, "OPTIONS", "/api/v1/me", headers=evil)
    assert "PUT" in allowed.headers["access-control-allow-methods"]
    assert "access-control-allow-methods" not in refused.headers


async def test_too_many_calls_of_a_webhook_are_429() -> None:
    world = World(rate_per_hook="2/minute")
    world.keep(webhook())
    statuses = [(await world.hook()).status for _ in range(3)]
    refused = await world.hook()
    assert statuses == [202, 202, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 61


async def test_each_token_has_its_own_limit(tmp_path: Path) -> None:
    world = await RestWorld.make(tmp_path, **{"rate_per_token": "2/minute"})
    other = await world.token_of(world.owner)
    statuses = [(await world.ask("GET", "/api/v1/me")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await world.ask("GET", "/api/v1/me", token=other)).status == 200


async def test_made_up_tokens_do_not_lift_the_limit_of_an_address(tmp_path: Path) -> None:
    world = await RestWorld.make(tmp_path, rate_per_address="3/minute")
    statuses = [(await world.ask("GET", "/api/v1/me", token=f"t{n}")).status for n in range(4)]
    assert statuses == [401, 401, 401, 429]


async def test_a_forged_address_does_not_lift_the_limit() -> None:
    world = World(rate_per_address="2/minute")
    world.keep(webhook())
    statuses = [
        (await world.hook(headers={"x-forwarded-for": f"203.0.113.{n}"})).status for n in range(3)
    ]
    assert statuses == [202, 202, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("unknown", "198.51.100.1", "unknown"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str | None, client: str) -> None:
    assert client_of(peer, forwarded, networks_of(["10.0.0.0/8"])) == client


@pytest.mark.parametrize("wrong", [{"rate_per_hook": "often"}, {"trusted_proxies": "10.0.0/99"}])
def test_a_wrong_limit_stops_the_start(wrong: dict[str, str]) -> None:
    settings: dict[str, Any] = {"rate_per_address": "1/second", **wrong}
    with pytest.raises(InvalidError, match=f"ALUR_{next(iter(wrong))}".upper()):
        World(**settings)


async def test_metrics_count_routes_and_never_paths(tmp_path: Path) -> None:
    metrics = Metrics()
    counted = RequestMetrics(metrics)
    counted.request("GET", "/api/v1/projects/{project}/workflows", 200, 0.01)
    counted.webhook(418, 0.01)
    text = metrics.text()
    assert 'route="/api/v1/projects/{project}/workflows"' in text
    assert 'alur_gateway_webhook_duration_seconds_count{status="4xx"} 1.0' in text


async def test_a_request_is_recorded_under_the_template_of_its_route(tmp_path: Path) -> None:
    world = await RestWorld.make(tmp_path)
    metrics = Metrics()
    world.bus = type(world.bus)()
    gateway = build(world.needs(world.people), Settings(), metrics=metrics)
    headers = {"authorization": f"Bearer {world.token}"}
    await call(gateway.asgi, "GET", "/api/v1/projects/default/workflows", headers=headers)
    assert "/api/v1/projects/{project}/workflows" in metrics.text()


async def test_the_trace_of_the_caller_goes_on(world: World) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    parent = f"00-{trace}-b7ad6b7169203331-01"
    answer = await get(world, "/api/nothing", traceparent=parent)
    assert answer.json["traceId"] == trace
    assert (await get(world, "/api/nothing", traceparent="00-zz-1-1")).json["traceId"] != trace


async def test_a_websocket_is_closed(world: World) -> None:
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    await world.gateway.asgi({"type": "websocket", "path": "/"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
