"""Every route of REST against every kind of caller (attacks 22, 28, 29, 32)."""

from __future__ import annotations

from pathlib import Path

import pytest

from alur_common.security.rights import ROLES, role_allows
from alur_gateway.adapters.rest.app import routes_of
from alur_gateway.adapters.rest.routing import Route
from alur_gateway.domain.rights import PUBLIC, RIGHTS
from tests.unit.gateway.rest import DOCUMENT, WORKFLOWS, RestWorld
from tests.unit.gateway.world import call

FILLED = {
    "project": "default",
    "name": "orders",
    "name:path": "a",
    "number": "1",
    "execution_id": "00000000-0000-7000-8000-000000000000",
    "blob": "0" * 64,
    "type": "core.set",
    "token_id": "0",
    "producer_id": "0",
    "member_id": "0",
}
BODIES = {
    "create_workflow": DOCUMENT,
    "put_workflow": DOCUMENT,
    "put_draft": DOCUMENT,
    "signal_execution": {"name": "go"},
    "resolve_execution": {"node": "a", "outcome": "done"},
    "validate": DOCUMENT,
    "evaluate_expression": {"expression": "{{ 1 }}"},
    "create_token": {"name": "t"},
    "create_producer": {"name": "p"},
    "create_project": {"name": "p"},
    "add_member": {"name": "m"},
    "create_credential": {"name": "n", "type": "bearer", "fields": {"token": "t"}},
    "create_variable": {"name": "N", "value": 1},
    "put_credential": {"type": "bearer", "fields": {"token": "t"}},
    "patch_credential": {"allowedDomains": []},
    "put_variable": {"value": 1},
}


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


def all_routes(world: RestWorld) -> list[tuple[Route, str]]:
    """Return every route with every path that it answers at, as in the running gateway."""
    routes = routes_of(world.gateway.use_cases, secure=False)
    return [(route, path) for route in routes for path in (route.path, *route.also)]


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path
    return f"/api/v1{path}"


async def test_28_every_operation_has_a_row_and_every_row_an_operation(world: RestWorld) -> None:
    operations = {route.operation for route, _ in all_routes(world)}
    assert operations <= RIGHTS.keys() | PUBLIC
    over_grpc_alone = {"watch_workflows"}
    assert RIGHTS.keys() - operations <= over_grpc_alone


async def test_32_strangers_get_nothing(world: RestWorld) -> None:
    await world.save()
    answers = {}
    for route, path in all_routes(world):
        if route.operation not in PUBLIC:
            answer = await call(world.gateway.asgi, route.method, filled(path))
            answers[route.method, path] = answer.status
    assert set(answers.values()) == {401}


@pytest.mark.parametrize(
    "authorization",
    ["Bearer nothing", "Bearer ", "Basic b3duZXI6", "Bearer alur_pat_" + "0" * 64, "Bearer a.b.c"],
)
async def test_30_made_up_tokens_get_nothing(world: RestWorld, authorization: str) -> None:
    headers = {"authorization": authorization}
    assert (await world.ask("GET", WORKFLOWS, headers=headers)).status == 401


@pytest.mark.parametrize("role", ROLES)
async def test_28_each_role_may_what_the_table_says_and_no_more(
    world: RestWorld, role: str
) -> None:
    await world.save()
    token = await world.member(role)  # type: ignore[arg-type]  # the parameters are the roles
    wrong = []
    for route, path in all_routes(world):
        if route.operation in PUBLIC | {"delete_session"}:
            continue
        action, resource = RIGHTS[route.operation]
        answer = await world.ask(
            route.method, filled(path), BODIES.get(route.operation), token=token
        )
        if (answer.status == 403) is role_allows(role, action, resource):
            wrong.append((route.method, path, answer.status))
    assert wrong == []


async def test_22_the_tenant_of_another_sees_nothing_of_ours(world: RestWorld) -> None:
    await world.save()
    started = await world.ask("POST", f"{WORKFLOWS}/orders/executions", {"input": [{}]})
    await world.ask("PUT", "/api/v1/credentials/orders", BODIES["put_credential"])
    await world.ask("PUT", "/api/v1/variables/orders", BODIES["put_variable"])
    token = await world.stranger()
    found = []
    for route, path in all_routes(world):
        if "{" not in path or route.method != "GET" or route.tag == "tools":
            continue
        place = filled(path).replace(FILLED["execution_id"], started.json["id"])
        if place == "/api/v1/projects/default":
            continue
        answer = await world.ask(route.method, place, token=token)
        if answer.status == 200 and (
            started.json["id"] in str(answer.body) or "orders" in str(answer.body)
        ):
            found.append((path, answer.body))
    assert found == []


async def test_22_another_tenant_changes_nothing_of_ours(world: RestWorld) -> None:
    saved = await world.save()
    started = await world.ask("POST", f"{WORKFLOWS}/orders/executions", {"input": [{}]})
    token = await world.stranger()
    one = f"{WORKFLOWS}/orders"
    execution = f"/api/v1/projects/default/executions/{started.json['id']}"
    tried = [
        await world.ask(
            "PUT", one, DOCUMENT, headers={"if-match": saved.headers["etag"]}, token=token
        ),
        await world.ask("PATCH", one, {}, headers={"if-match": "*"}, token=token),
        await world.ask("DELETE", one, headers={"if-match": "*"}, token=token),
        await world.ask("POST", f"{one}/executions", {"input": [{}]}, token=token),
        await world.ask("POST", f"{one}/versions/1/restore", token=token),
        await world.ask("POST", f"{execution}:cancel", token=token),
        await world.ask("POST", f"{execution}:replay", token=token),
        await world.ask("POST", f"{execution}:signal", {"name": "x"}, token=token),
    ]
    assert [answer.status for answer in tried] == [412, 404, 404, 404, 404, 404, 404, 404]
    assert (await world.ask("GET", one)).headers["etag"] == saved.headers["etag"]
    assert (await world.ask("GET", execution)).json["status"] == "queued"


async def test_29_a_token_of_one_project_reaches_no_other_by_any_route(world: RestWorld) -> None:
    await world.save()
    await world.ask("POST", "/api/v1/projects", {"name": "shop"})
    token = await world.token_of(world.owner, projects=["shop"])
    reached = {}
    for route, path in all_routes(world):
        if "{project}" in path or path.startswith(("/credentials", "/variables")):
            answer = await world.ask(
                route.method, filled(path), BODIES.get(route.operation), token=token
            )
            reached[route.method, path] = answer.status
    assert set(reached.values()) <= {403, 404}
