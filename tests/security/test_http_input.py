"""Bad input over REST: each is refused with a problem, and nothing falls over (14, 19, 31)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.gateway.rest import DOCUMENT, WORKFLOWS, RestWorld

ONE = f"{WORKFLOWS}/orders"
NEW = {"if-none-match": "*"}


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await RestWorld.make(tmp_path)


def with_name(name: str) -> bytes:
    """Return the document with a node of this name, as JSON that may hold any escape."""
    spec = {"nodes": [{"name": "NAME", "type": "core.set", "params": {"fields": {}}}]}
    return json.dumps({**DOCUMENT, "spec": spec}).replace("NAME", name).encode()


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 400, "JSON"),
        (b"nonsense", 400, "JSON"),
        (b'{"metadata": {"name": NaN}}', 400, "JSON"),
        (b'{"metadata": {"name": Infinity}}', 400, "JSON"),
        (b'"\xff"', 400, "JSON"),
        (with_name("\\ud800"), 400, "surrogate"),
        (b"[" * 10_000 + b"]" * 10_000, 400, ""),
        (b'{"a":' * 300 + b"1" + b"}" * 300, 400, "deeper"),
        (b'{"kind": "Workflow", "kind": "Workflow"}', 400, "kind"),
        (b'{"spec": {"nodes": [{"name": "a", "name": "b"}]}}', 400, "spec.nodes[0]"),
        (b"[]", 422, ""),
        (b"null", 400, ""),
        (b"1", 422, ""),
        (with_name("a\\u0000b"), 422, "spec.nodes[0].name"),
        (with_name("a\\u202eb\\u0007"), 422, "spec.nodes[0].name"),
        (with_name("x" * 65), 422, "spec.nodes[0].name"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_what_is_no_document_is_refused(
    world: RestWorld, body: bytes, status: int, word: str
) -> None:
    answer = await world.ask("PUT", ONE, body=body, headers=NEW)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in answer.body.decode()


async def test_19_a_document_of_ten_megabytes_is_refused(world: RestWorld) -> None:
    body = b'{"a": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    answer = await world.ask("PUT", ONE, body=body, headers=NEW)
    assert (answer.status, answer.json["code"]) == (413, "too-large")


async def test_42_a_hundred_thousand_nodes_are_refused(world: RestWorld) -> None:
    nodes = [{"name": f"n{n}", "type": "core.set"} for n in range(100_000)]
    answer = await world.ask("PUT", ONE, {**DOCUMENT, "spec": {"nodes": nodes}}, headers=NEW)
    assert answer.status in {400, 422}
    assert answer.json["errors"]


async def test_16_a_bomb_of_aliases_is_refused(world: RestWorld) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 12)]
    headers = {**NEW, "content-type": "application/yaml"}
    answer = await world.ask("PUT", ONE, body="\n".join(lines).encode(), headers=headers)
    assert answer.status == 400


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!binary aGk="])
async def test_16_unsafe_tags_are_refused(world: RestWorld, tag: str) -> None:
    headers = {**NEW, "content-type": "application/yaml"}
    answer = await world.ask("PUT", ONE, body=f"spec: {tag}".encode(), headers=headers)
    assert answer.status == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "application/octet-stream", ""]
)
async def test_other_types_of_content_are_refused(world: RestWorld, kind: str) -> None:
    headers = {**NEW, "content-type": kind}
    answer = await world.ask("PUT", ONE, DOCUMENT, headers=headers)
    assert (answer.status, answer.json["code"]) == (415, "unsupported-media-type")


async def test_19_compressed_bodies_are_refused_unread(world: RestWorld) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    headers = {**NEW, "content-encoding": "gzip"}
    assert (await world.ask("PUT", ONE, body=bomb, headers=headers)).status == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/me", 405),
        ("GET", "/api/v2/me", 404),
        ("POST", "/", 405),
        ("BREW", "/api/v1/me", 405),
    ],
)
async def test_the_framework_speaks_in_problems_too(
    world: RestWorld, method: str, path: str, status: int
) -> None:
    answer = await world.ask(method, path)
    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["traceId"]


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/assets/../../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/assets/\x00.js",
        "/assets/link.js",
        "/assets/..\\secret.txt",
        "/.env",
    ],
)
async def test_14_no_path_leads_out_of_the_editor(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.txt").write_text("canary")
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("editor")
    (assets / "link.js").symlink_to(tmp_path / "secret.txt")
    world = await RestWorld.make(tmp_path / "keys", editor_dir=tmp_path / "dist")
    answer = await world.ask("GET", path)
    assert b"canary" not in answer.body
    assert b"root:" not in answer.body


async def test_21_names_with_markup_come_back_as_json_alone(world: RestWorld) -> None:
    spec = {**DOCUMENT["spec"], "title": "<script>alert(1)</script>"}
    document: dict[str, Any] = {**DOCUMENT, "spec": spec}
    answer = await world.save(document)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("cursor", ["W10", "bnVsbA", "%00", "WyIgIl0", "A" * 3000])
async def test_made_up_cursors_are_refused(world: RestWorld, cursor: str) -> None:
    for path in (WORKFLOWS, "/api/v1/audit", "/api/v1/credentials"):
        assert (await world.ask("GET", path, query=f"cursor={cursor}")).status == 422


async def test_26_an_unexpected_error_says_nothing_of_itself(world: RestWorld) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    world.executions.search = fail  # type: ignore[method-assign, assignment]  # a store that breaks
    answer = await world.ask("GET", "/api/v1/projects/default/executions")
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"canary" not in answer.body
