"""Rules of HTTP that hold at every address of the REST interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alur_common.security.events import SecurityEvent
from alur_gateway.adapters.rest.app import description, routes_of
from alur_gateway.adapters.rest.routing import Route
from alur_gateway.domain.rights import PUBLIC
from tests.unit.gateway.rest import DOCUMENT, EXECUTIONS, WORKFLOWS, RestWorld, changed
from tests.unit.gateway.world import call


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


def paths_of(world: RestWorld) -> list[tuple[Route, str]]:
    """Every address with something in its places."""
    routes = routes_of(world.gateway.use_cases, secure=False)
    places = {"project": "default", "number": "1", "name:path": "a"}
    found = []
    for route in routes:
        for path in (route.path, *route.also):
            filled = path
            for place, value in places.items():
                filled = filled.replace("{" + place + "}", value)
            while "{" in filled:
                head, _, rest = filled.partition("{")
                filled = head + "orders" + rest.partition("}")[2]
            found.append((route, f"/api/v1{filled}"))
    return found


async def test_a_parameter_that_an_address_does_not_know_is_refused_by_name(
    world: RestWorld,
) -> None:
    kept = {}
    for route, path in paths_of(world):
        answer = await world.ask(route.method, path, query="pageSise=3")
        kept[route.method, path] = (answer.status, answer.json["errors"][0]["path"])
    assert len(kept) > 50
    assert set(kept.values()) == {(400, "pageSise")}


async def test_who_has_not_said_who_they_are_may_send_little(world: RestWorld) -> None:
    for route, path in paths_of(world):
        if route.operation in PUBLIC and route.body:
            for size, status in ((8_000, 401), (9_000, 413)):
                body = b'{"token": "x"%s}' % (b" " * size)
                headers = {"content-type": "application/json"}
                answer = await call(world.gateway.asgi, route.method, path, body, headers=headers)
                assert (answer.status, path) == (status, "/api/v1/session")


async def test_of_many_faults_in_a_body_the_first_hundred_are_told(world: RestWorld) -> None:
    unknown = {f"k{n}": 1 for n in range(5_000)}
    answer = await world.ask("POST", "/api/v1/members", {"name": "x", **unknown})
    assert answer.status == 422
    assert [f["path"] for f in answer.json["errors"]] == [f"k{n}" for n in range(100)]


async def test_a_near_parameter_is_suggested(world: RestWorld) -> None:
    answer = await world.ask("GET", WORKFLOWS, query="limit=2&curser=x&nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == "malformed"
    named = [(fault["path"], fault["code"]) for fault in answer.json["errors"]]
    assert named == [("curser", "unknown-parameter"), ("nothing", "unknown-parameter")]
    assert "did you mean `cursor`?" in answer.json["errors"][0]["message"]


async def test_a_parameter_that_is_given_twice_is_refused_by_its_name(world: RestWorld) -> None:
    answer = await world.ask("GET", WORKFLOWS, query="limit=1&limit=2")
    assert (answer.status, answer.json["code"]) == (400, "malformed")
    assert [(f["path"], f["code"]) for f in answer.json["errors"]] == [("limit", "repeated")]
    some = await world.ask("GET", EXECUTIONS, query="status=failed&status=running")
    assert some.status == 200


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/api/v1/workflow.schema.json"])
async def test_what_describes_the_interface_takes_no_parameter(world: RestWorld, path: str) -> None:
    assert (await world.ask("GET", path, query="v=1")).status == 400
    assert (await world.ask("GET", path)).status == 200


async def test_a_project_is_not_named_twice(world: RestWorld) -> None:
    path = "/api/v1/projects/default/variables"
    assert (await world.ask("GET", path, query="project=default")).status == 200
    answer = await world.ask("GET", path, query="project=shop")
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, "project")


async def test_foreign_parameters_of_pages_and_probes_are_let_be(world: RestWorld) -> None:
    for path in ("/healthz", "/version", "/api/docs", "/"):
        assert (await call(world.gateway.asgi, "GET", path, query="utm_source=mail")).status == 200


async def test_a_head_is_answered_as_a_get_without_its_body(world: RestWorld) -> None:
    await world.save()
    started = await world.ask("POST", f"{WORKFLOWS}/orders/executions", {})
    differing = []
    for route, path in paths_of(world):
        if route.method != "GET" or route.media != "application/json":
            continue
        place = path.replace("executions/orders", f"executions/{started.json['id']}")
        got, head = await world.ask("GET", place), await world.ask("HEAD", place)
        if (head.status, head.body, head.headers) != (got.status, b"", got.headers):
            differing.append((place, got, head))
    assert differing == []


async def test_a_head_of_events_ends(world: RestWorld) -> None:
    await world.save()
    started = await world.ask("POST", f"{WORKFLOWS}/orders/executions", {})
    answer = await world.ask("HEAD", f"{EXECUTIONS}/{started.json['id']}/events")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_head_asks_who_comes(world: RestWorld) -> None:
    assert (await call(world.gateway.asgi, "HEAD", WORKFLOWS)).status == 401


async def test_a_wrong_method_is_told_all_that_work(world: RestWorld) -> None:
    answer = await world.ask("PATCH", f"{WORKFLOWS}/orders/draft")
    assert (answer.status, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, PUT")


def lists_of(world: RestWorld) -> list[tuple[str, dict[str, Any]]]:
    """Every address that answers `items`, with its description."""
    described = description(world.gateway.use_cases)
    schemas = described["components"]["schemas"]
    found = []
    for route, path in paths_of(world):
        if route.method == "GET" and route.answer is not None:
            properties = schemas[route.answer.__name__]["properties"]
            if properties.get("items", {}).get("type") == "array":
                found.append((path, described["paths"][f"/api/v1{route.path}"]["get"]))
    return found


async def test_every_list_says_that_it_is_paged(world: RestWorld) -> None:
    lists = lists_of(world)
    assert len(lists) > 12
    for path, operation in lists:
        assert {"limit", "cursor"} <= {p["name"] for p in operation["parameters"]}, path


async def some_of_each(world: RestWorld) -> str:
    """Make three of each thing that can be listed, and return an execution."""
    for n in range(3):
        world.clock.advance(1)
        document = {**DOCUMENT, "metadata": {"name": f"orders-{n}"}}
        await world.save(document)
        await world.ask("POST", f"{WORKFLOWS}/orders-0/executions", {})
        await world.ask("PUT", f"/api/v1/variables/V{n}", {"value": n})
        fields = {"type": "bearer", "fields": {"token": "t"}}
        await world.ask("PUT", f"/api/v1/credentials/c{n}", fields)
        await world.people.record_security_events([SecurityEvent("rate-limited", "default")])
        for kind in ("tokens", "producers", "projects", "members"):
            answer = await world.ask("POST", f"/api/v1/{kind}", {"name": f"n{n}"})
            assert answer.status == 201
    await world.save()
    for n in range(3):
        await world.ask("PUT", f"{WORKFLOWS}/orders", changed(f"{n}"), headers={"if-match": "*"})
    started = await world.ask("POST", f"{WORKFLOWS}/orders/executions", {})
    return str(started.json["id"])


async def test_the_pages_of_every_list_make_the_whole_in_the_same_order(world: RestWorld) -> None:
    execution = await some_of_each(world)
    pages: dict[str, int] = {}
    for listed, _ in lists_of(world):
        path = listed.replace("executions/orders", f"executions/{execution}")
        whole = (await world.ask("GET", path, query="limit=500")).json
        assert whole["nextCursor"] is None, path
        found, query = [], "limit=2"
        while query:
            page = (await world.ask("GET", path, query=query)).json
            assert len(page["items"]) <= 2, path
            found += page["items"]
            pages[path] = pages.get(path, 0) + 1
            cursor = page["nextCursor"]
            query = cursor and f"limit=2&cursor={cursor}"
        assert found == whole["items"], path
    single = {path for path, count in pages.items() if count == 1}
    # Nothing ran, so they are empty.
    assert single == {f"{EXECUTIONS}/{execution}/{part}" for part in ("journal", "files")}


async def test_a_cursor_of_another_list_is_refused(world: RestWorld) -> None:
    await some_of_each(world)
    taken = (await world.ask("GET", "/api/v1/projects", query="limit=1")).json["nextCursor"]
    for path in ("/api/v1/tokens", "/api/v1/variables", "/api/v1/node-types"):
        for cursor in (taken, "!!", "e30"):
            answer = await world.ask("GET", path, query=f"cursor={cursor}")
            if (path, cursor) != ("/api/v1/node-types", taken):  # one text, as there
                assert (answer.status, answer.json["errors"][0]["path"]) == (422, "cursor")


async def test_a_token_of_some_projects_pages_through_these_alone(world: RestWorld) -> None:
    await some_of_each(world)
    token = await world.token_of(world.owner, projects=["n0", "n2"])
    page = (await world.ask("GET", "/api/v1/projects", query="limit=1", token=token)).json
    query = f"limit=5&cursor={page['nextCursor']}"
    rest = (await world.ask("GET", "/api/v1/projects", query=query, token=token)).json
    assert [p["name"] for p in page["items"] + rest["items"]] == ["n0", "n2"]
    assert rest["nextCursor"] is None


async def test_what_is_seen_again_unchanged_is_304(world: RestWorld) -> None:
    execution = await some_of_each(world)
    for path in (f"{EXECUTIONS}/{execution}", f"{WORKFLOWS}/orders", "/api/v1/variables/V0"):
        seen = await world.ask("GET", path)
        for tag in (seen.headers["etag"], f'"x", W/{seen.headers["etag"]}', "*"):
            again = await world.ask("GET", path, headers={"if-none-match": tag})
            assert (again.status, again.body) == (304, b""), path
            assert again.headers["etag"] == seen.headers["etag"]
        assert (await world.ask("GET", path, headers={"if-none-match": '"x"'})).status == 200


async def test_a_credential_is_changed_only_as_it_was_seen(world: RestWorld) -> None:
    path, body = "/api/v1/credentials/c", {"type": "bearer", "fields": {"token": "t"}}
    new = {"if-none-match": "*"}
    seen = (await world.ask("PUT", path, body, headers=new)).headers["etag"]
    narrow = {"allowedDomains": ["a.test"]}
    assert (await world.ask("PATCH", path, narrow, headers={"if-match": seen})).status == 200
    for method, sent, condition in (
        ("PATCH", {"allowedDomains": []}, {"if-match": seen}),
        ("PUT", body, {"if-match": seen}),
        ("PUT", body, new),
    ):
        answer = await world.ask(method, path, sent, headers=condition)
        assert (answer.status, answer.json["code"]) == (412, "stale"), (method, condition)
    assert (await world.ask("GET", path)).json["allowedDomains"] == ["a.test"]


async def test_the_tag_of_an_execution_changes_with_it(world: RestWorld) -> None:
    path = f"{EXECUTIONS}/{await some_of_each(world)}"
    seen = (await world.ask("GET", path)).headers["etag"]
    await world.ask("POST", f"{path}:cancel", {})
    answer = await world.ask("GET", path, headers={"if-none-match": seen})
    assert (answer.status, answer.json["status"]) == (200, "cancelled")
    assert answer.headers["etag"] != seen
