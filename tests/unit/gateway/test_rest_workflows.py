from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.gateway.rest import DOCUMENT, WORKFLOWS, RestWorld, changed

ONE = f"{WORKFLOWS}/orders"


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


async def test_a_workflow_comes_back_with_what_the_server_knows(world: RestWorld) -> None:
    answer = await world.save()
    shown = (await world.ask("GET", ONE)).json
    assert answer.status == 201
    assert shown["metadata"]["uid"]
    assert shown["status"]["activeVersion"] == 1
    assert shown["status"]["triggers"][0]["url"].startswith("http://alur.test/hooks/")


async def test_what_is_shown_may_be_saved_again_and_changes_nothing(world: RestWorld) -> None:
    first = await world.save()
    again = await world.ask("PUT", ONE, first.json, headers={"if-match": first.headers["etag"]})
    assert (again.status, again.headers["etag"]) == (200, first.headers["etag"])
    assert again.json["status"]["activeVersion"] == 1


async def test_another_spec_is_the_next_version(world: RestWorld) -> None:
    first = await world.save()
    second = await world.ask(
        "PUT", ONE, changed("new"), headers={"if-match": first.headers["etag"]}
    )
    assert second.json["status"]["activeVersion"] == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_must_say_what_it_saw(world: RestWorld, method: str) -> None:
    await world.save()
    answer = await world.ask(method, ONE, changed("new"))
    assert (answer.status, answer.json["code"]) == (428, "precondition-required")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tag", ['"7"', '"x"', 'W/"99"'])
async def test_a_stale_change_is_refused(world: RestWorld, method: str, tag: str) -> None:
    await world.save()
    answer = await world.ask(method, ONE, changed("new"), headers={"if-match": tag})
    assert (answer.status, answer.json["code"]) == (412, "stale")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tags", ['"9", "1"', '"1","9"', ', "x" , W/"1",'])
async def test_a_change_may_say_that_it_saw_one_of_several(
    world: RestWorld, method: str, tags: str
) -> None:
    await world.save()
    answer = await world.ask(method, ONE, changed("new"), headers={"if-match": tags})
    assert answer.status in {200, 204}


async def test_a_change_that_saw_none_of_several_is_refused(world: RestWorld) -> None:
    await world.save()
    for tags, status in (
        ('"8", "9"', 412),
        (", ", 412),
        (",".join(f'"{n}"' for n in range(99)), 400),
    ):
        answer = await world.ask("PUT", ONE, changed("new"), headers={"if-match": tags})
        assert answer.status == status
    assert (await world.ask("GET", ONE)).headers["etag"] == '"1"'


async def test_what_must_not_exist_is_refused_when_it_does(world: RestWorld) -> None:
    await world.save()
    assert (await world.save()).status == 412


async def test_creating_by_post_names_the_place(world: RestWorld) -> None:
    answer = await world.ask("POST", WORKFLOWS, DOCUMENT)
    assert (answer.status, answer.headers["location"]) == (201, ONE)
    assert (await world.ask("POST", WORKFLOWS, DOCUMENT)).status == 409


async def test_a_patch_merges(world: RestWorld) -> None:
    first = await world.save()
    answer = await world.ask(
        "PATCH", ONE, {"spec": {"title": "T"}}, headers={"if-match": first.headers["etag"]}
    )
    assert answer.json["spec"]["title"] == "T"
    assert answer.json["spec"]["nodes"][0]["name"] == "a"


async def test_a_deleted_workflow_is_gone(world: RestWorld) -> None:
    await world.save()
    assert (await world.ask("DELETE", ONE, headers={"if-match": "*"})).status == 204
    assert (await world.ask("GET", ONE)).status == 404


async def test_one_who_has_the_newest_is_told_so(world: RestWorld) -> None:
    etag = (await world.save()).headers["etag"]
    assert (await world.ask("GET", ONE, headers={"if-none-match": etag})).status == 304


async def test_old_versions_are_listed_and_restored(world: RestWorld) -> None:
    first = await world.save()
    await world.ask("PUT", ONE, changed("new"), headers={"if-match": first.headers["etag"]})
    versions = (await world.ask("GET", f"{ONE}/versions")).json["items"]
    assert [(v["version"], v["active"]) for v in versions] == [(2, True), (1, False)]
    restored = await world.ask("POST", f"{ONE}/versions/1/restore")
    assert restored.json["status"]["activeVersion"] == 3
    assert (await world.ask("GET", f"{ONE}/versions/1")).json["document"]["spec"].get("title") in {
        None,
        "",
    }


async def test_a_draft_becomes_a_version_when_published(world: RestWorld) -> None:
    await world.save()
    assert (await world.ask("PUT", f"{ONE}/draft", changed("draft"))).status == 204
    assert (await world.ask("GET", ONE)).json["status"]["activeVersion"] == 1
    published = await world.ask("POST", f"{ONE}:publish")
    assert published.json["spec"]["title"] == "draft"
    assert (await world.ask("GET", f"{ONE}/draft")).status == 404


async def test_a_workflow_tells_of_its_draft(world: RestWorld) -> None:
    await world.save()
    assert (await world.ask("GET", ONE)).json["status"]["draft"] is None
    new = {"if-none-match": "*"}
    kept = await world.ask("PUT", f"{ONE}/draft", changed("a"), headers=new, query="base=1")
    assert kept.headers["etag"] == (await world.ask("GET", f"{ONE}/draft")).headers["etag"]
    draft = (await world.ask("GET", ONE)).json["status"]["draft"]
    assert (draft["base"], f'"{draft["revision"]}"') == (1, kept.headers["etag"])
    assert draft["changedBy"]
    late = await world.ask("PUT", f"{ONE}/draft", changed("b"), headers=new, query="base=1")
    assert (late.status, late.json["code"]) == (412, "stale")
    seen = {"if-match": kept.headers["etag"]}
    assert (await world.ask("DELETE", f"{ONE}/draft", headers=seen)).status == 204
    assert (await world.ask("GET", f"{ONE}/draft")).status == 404


async def test_publishing_a_document_removes_only_the_draft_it_names(world: RestWorld) -> None:
    await world.save()
    kept = await world.ask("PUT", f"{ONE}/draft", changed("theirs"), query="base=1")
    await world.ask("POST", f"{ONE}:publish", changed("mine"))
    assert (await world.ask("GET", f"{ONE}/draft")).headers["etag"] == kept.headers["etag"]
    revision = kept.headers["etag"].strip('"')
    await world.ask("POST", f"{ONE}:publish", changed("theirs"), query=f"draft={revision}")
    assert (await world.ask("GET", f"{ONE}/draft")).status == 404


async def test_a_list_is_paged_by_a_cursor(world: RestWorld) -> None:
    for name in ("a", "b", "c"):
        await world.save({**DOCUMENT, "metadata": {"name": name}})
    first = (await world.ask("GET", WORKFLOWS, query="limit=2")).json
    second = (await world.ask("GET", WORKFLOWS, query=f"limit=2&cursor={first['nextCursor']}")).json
    assert [w["metadata"]["name"] for w in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["nextCursor"] is None


async def test_every_fault_comes_with_its_path(world: RestWorld) -> None:
    node = {"name": "a", "type": "core.set", "params": {"fields": {"a": 1}}, "tiemout": "PT1S"}
    document = {**DOCUMENT, "spec": {"nodes": [node, {"name": "b", "type": "core.nope"}]}}
    answer = await world.save(document)
    paths = [error["path"] for error in answer.json["errors"]]
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "spec.nodes[0].tiemout" in paths
    assert any(path.startswith("spec.nodes[1]") for path in paths)


async def test_a_document_may_be_yaml(world: RestWorld) -> None:
    text = b"""
apiVersion: alur.dev/v1alpha1
kind: Workflow
metadata: {name: orders}
spec: {nodes: [{name: a, type: core.set, params: {fields: {a: 1}}}]}
"""
    headers = {"if-none-match": "*", "content-type": "application/yaml"}
    assert (await world.ask("PUT", ONE, body=text, headers=headers)).status == 201


async def test_a_dry_run_keeps_nothing(world: RestWorld) -> None:
    answer = await world.ask(
        "PUT", ONE, DOCUMENT, headers={"if-none-match": "*"}, query="dryRun=true"
    )
    assert answer.status == 201
    assert (await world.ask("GET", ONE)).status == 404


async def test_a_document_is_validated_without_being_kept(world: RestWorld) -> None:
    good = await world.ask("POST", "/api/v1/validate", {"document": DOCUMENT})
    bad = await world.ask("POST", "/api/v1/validate", {**DOCUMENT, "extra": 1})
    assert (good.json["valid"], good.json["errors"]) == (True, [])
    assert [w["path"] for w in good.json["warnings"]] == ["spec.triggers[0].params.auth"]
    assert (bad.json["valid"], bad.json["warnings"]) == (False, [])
    assert bad.json["errors"][0]["path"] == "extra"


async def test_a_field_that_evaluating_does_not_know_is_refused_with_its_path(
    world: RestWorld,
) -> None:
    body = {"expression": "{{ $json.a }}", "json": {"a": 1}, "jsn": {}}
    answer = await world.ask("POST", "/api/v1/expressions:evaluate", body)
    assert (answer.status, answer.json["errors"][0]["path"]) == (422, "jsn")


@pytest.mark.parametrize("seen", [{}, {"if-match": '"1"'}, {"if-match": '"7"'}], ids=str)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", ONE, changed("new")),
        ("PATCH", ONE, {"spec": {"title": "new"}}),
        ("DELETE", ONE, None),
        ("POST", f"{ONE}:publish", changed("new")),
        ("POST", f"{ONE}:publish", None),
        ("POST", f"{ONE}/versions/1/restore", None),
    ],
    ids=["put", "patch", "delete", "publish", "publish its draft", "restore"],
)
async def test_a_workflow_of_kubernetes_is_changed_there_whatever_revision_is_named(
    world: RestWorld, method: str, path: str, body: dict[str, Any] | None, seen: dict[str, str]
) -> None:
    of_cluster = {"alur-managed-by": "kubernetes", "if-none-match": "*"}
    made = await world.ask("PUT", ONE, DOCUMENT, headers=of_cluster)
    assert (await world.ask("PUT", f"{ONE}/draft", changed("drawn"))).status == 204
    answer = await world.ask(method, path, body, headers=seen)
    assert (answer.status, answer.json["code"]) == (409, "managed")
    assert "kubectl edit workflow.alur.dev/orders -n default" in answer.json["detail"]
    assert (await world.ask("GET", ONE)).headers["etag"] == made.headers["etag"]


async def test_of_a_workflow_that_is_not_there_no_revision_is_asked_for(world: RestWorld) -> None:
    for method in ("PATCH", "DELETE"):
        assert (await world.ask(method, ONE, {})).status == 404
