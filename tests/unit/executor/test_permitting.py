"""What a workflow names is asked about again at each run: of the one who published it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alur_common.definitions import VersionRecord
from alur_common.pools import PoolProjects
from alur_common.security.rights import NAMED
from alur_common.starts import StartRequest
from tests.simulation.world import programs
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

EVERYTHING = [f"{resource}:{action}" for action, resource in NAMED.values()]


@in_virtual_time
@pytest.mark.parametrize(
    ("right", "params", "path"),
    [
        ("workflows:execute", {"workflow": "{{ $json.which }}"}, "spec.nodes[0].params.workflow"),
        (
            "variables:read",
            {"workflow": "b", "input": {"a": "{{ $vars.X }}"}},
            "spec.nodes[0].params.input.a",
        ),
    ],
)
async def test_rights_that_were_lost_since_fail_the_run_before_anything_runs(
    world: World, right: str, params: dict[str, object], path: str
) -> None:
    world.definitions.publishers[1] = "eve"
    world.definitions.grants["eve"] = [one for one in EVERYTHING if one != right]
    ended = await world.run(chain(node("a", "core.workflow", params=params)), {"which": "b"})
    assert ended.error is not None
    assert (ended.status, ended.error["code"]) == ("failed", "forbidden")
    assert ended.error["message"].startswith(f"{path}: eve, who published version 1, may not")
    told = world.noted.only
    assert (told.kind, told.execution, told.target) == ("permission-refused", ended.id, path)


@in_virtual_time
async def test_whoever_still_may_is_not_in_the_way(world: World) -> None:
    world.definitions.publishers[1] = "eve"
    world.definitions.grants["eve"] = EVERYTHING
    fields = {"fields": {"a": "{{ $vars.X ?? 1 }}"}}
    ended = await world.run(chain(node("a", "core.set", params=fields)), {})
    assert (ended.status, world.noted.events) == ("succeeded", [])


@in_virtual_time
async def test_a_workflow_that_names_nothing_asks_nobody(world: World) -> None:
    world.definitions.publishers[1] = "gone"
    ended = await world.run(chain(node("a", "core.set", params={"fields": {"a": 1}})), {})
    assert ended.status == "succeeded"


@pytest.mark.parametrize("said", ["my_vars", "{{ $json['$' + 'vars'] }}", "$ vars"])
def test_a_run_that_nobody_was_asked_about_variables_for_sees_none(said: str) -> None:
    fields = {"$vars": said}
    document = {"spec": chain(node("a", "core.set", params={"fields": fields}))}
    program = programs().of(VersionRecord("t", "p", "w", "w-uid", 1, document, 0.0))
    assert program.named == ()
    assert "$vars" not in program.mentions


@in_virtual_time
async def test_a_pool_that_is_kept_for_others_is_refused_where_it_is_served(world: World) -> None:
    world.pool_projects = PoolProjects.parse("gpu=vision")
    ended = await world.run(chain(node("a", "core.noop", pool="gpu")), {})
    assert ended.error is not None
    assert ended.error["message"].startswith("spec.nodes[0].pool: the pool gpu is kept")
    assert world.noted.kinds == ["permission-refused"]


async def run_of_before(world: World, newest: str, params: dict[str, object]) -> str:
    """Run version 1, whose publisher has left, beside a version 2 of another; return how it ends."""
    world.definitions.publishers = {1: "gone", 2: newest}
    world.definitions.grants["eve"] = EVERYTHING
    spec = chain(node("a", "core.set", params={"fields": {"a": "{{ $vars.X ?? 1 }}"}}))
    record = world.definitions.add("w", spec)
    waiting = await world.starts.start(record, StartRequest(mode="manual", input=[{}]))
    changed = chain(node("a", "core.set", params=params))
    world.definitions.workflows["w"] = replace(record, version=2, document={"spec": changed})
    world.definitions.documents[1] = record.document
    await world.executor()
    return (await world.rest(waiting.execution.id)).status


@in_virtual_time
@pytest.mark.parametrize(
    ("newest", "fields", "status"),
    [
        ("eve", {"b": "{{ $vars.X }}"}, "succeeded"),
        ("eve", {"b": "{{ $vars.OTHER }}"}, "failed"),
        ("gone", {"b": "{{ $vars.X }}"}, "failed"),
    ],
)
async def test_whoever_published_it_anew_vouches_for_executions_of_before(
    world: World, newest: str, fields: dict[str, object], status: str
) -> None:
    assert await run_of_before(world, newest, {"fields": fields}) == status
