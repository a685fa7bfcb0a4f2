"""Files of executions over REST: listed, fetched by their hash, and harmless to whoever opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.gateway.rest import RestWorld

RUNS = "/api/v1/projects/default/workflows/orders/executions"
CONTENT = b"<script>alert(1)</script>"


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


async def kept(world: RestWorld, **more: Any) -> str:
    """Return the address of the files of an execution that kept one."""
    await world.save()
    blob = await world.blobs.put(CONTENT)
    file = {"blob": blob, "size": len(CONTENT), "mediaType": "text/html", "name": "data"}
    world.history.kept = [file | {"node": "a", "path": "", "item": 0} | more]
    started = await world.ask("POST", RUNS, {"input": [{}]})
    return f"/api/v1/projects/default/executions/{started.json['id']}/files"


async def test_a_file_is_listed_and_fetched_by_its_hash(world: RestWorld) -> None:
    path = await kept(world, fileName="a.html")
    (file,) = (await world.ask("GET", path)).json["items"]
    assert (file["fileName"], file["size"], file["node"]) == ("a.html", len(CONTENT), "a")
    assert (await world.ask("GET", f"{path}/{file['blob']}")).body == CONTENT


async def test_a_file_is_handed_out_to_be_kept_and_never_shown(world: RestWorld) -> None:
    path = await kept(world, fileName='../a\\\r\n"ü.html')
    (file,) = (await world.ask("GET", path)).json["items"]
    headers = (await world.ask("GET", f"{path}/{file['blob']}")).headers
    assert headers["content-disposition"] == "attachment; filename*=utf-8''%22%C3%BC.html"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["content-length"] == str(len(CONTENT))


@pytest.mark.parametrize("given", ["text/html\r\nset-cookie: a=b", "", None, "html"])
async def test_what_is_no_media_type_is_sent_as_bytes(world: RestWorld, given: str | None) -> None:
    path = await kept(world, mediaType=given)
    answer = await world.ask("GET", f"{path}/{world.history.kept[0]['blob']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in answer.headers


async def test_content_that_no_item_of_the_execution_names_is_not_there(world: RestWorld) -> None:
    path = await kept(world)
    other = await world.blobs.put(b"of another execution")
    assert (await world.ask("GET", f"{path}/{other}")).status == 404


async def test_content_that_is_gone_is_a_problem_and_no_empty_file(world: RestWorld) -> None:
    path = await kept(world)
    blob = world.history.kept[0]["blob"]
    await world.blobs.set_aside(blob)
    await world.blobs.discard(blob)
    answer = await world.ask("GET", f"{path}/{blob}")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_file_that_is_known_is_not_sent_again(world: RestWorld) -> None:
    path = await kept(world)
    blob = world.history.kept[0]["blob"]
    again = await world.ask("GET", f"{path}/{blob}", headers={"if-none-match": f'"{blob}"'})
    assert (again.status, again.body) == (304, b"")


async def test_the_head_of_a_file_has_its_length_and_no_content(world: RestWorld) -> None:
    path = await kept(world)
    head = await world.ask("HEAD", f"{path}/{world.history.kept[0]['blob']}")
    assert (head.status, head.headers["content-length"]) == (200, str(len(CONTENT)))
    assert head.body == b""


async def test_the_tenant_of_another_fetches_no_file_by_its_hash(world: RestWorld) -> None:
    path = await kept(world)
    blob = world.history.kept[0]["blob"]
    token = await world.stranger()
    assert (await world.ask("GET", f"{path}/{blob}", token=token)).status == 404


async def test_nothing_is_read_for_a_head_or_a_file_that_is_known(
    world: RestWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await kept(world)
    blob = world.history.kept[0]["blob"]

    def never(_blob: str) -> None:
        pytest.fail("the content was asked for")

    monkeypatch.setattr(world.blobs, "stream", never)
    assert (await world.ask("HEAD", f"{path}/{blob}")).status == 200
    known = {"if-none-match": f'"{blob}"'}
    assert (await world.ask("GET", f"{path}/{blob}", headers=known)).status == 304
