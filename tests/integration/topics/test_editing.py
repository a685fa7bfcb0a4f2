"""What the editor asks where services are processes of their own: drafts, trials in the jail, warnings, logs."""

from __future__ import annotations

from tests.integration.topics.conftest import put, workflow
from tests.support.alur_dev import AlurDev

WORKFLOWS = "/api/v1/projects/default/workflows"
HOOK = {"type": "trigger.webhook", "params": {"path": "edited"}}
CODE = {"name": "work", "type": "core.code", "params": {"code": "console.log('seen', $json);"}}


def test_a_draft_is_kept_told_of_and_dropped(distributed: AlurDev) -> None:
    document = workflow("edited", HOOK)
    put(distributed, document)
    rest, path = distributed.rest, f"{WORKFLOWS}/edited/draft"
    kept = rest.put(f"{path}?base=1", json=document, headers={"If-None-Match": "*"})
    assert kept.status_code == 204, kept.text
    told = rest.get(f"{WORKFLOWS}/edited").json()["status"]
    assert (told["draft"]["base"], told["warnings"][0]["code"]) == (1, "open-webhook")
    second = rest.put(f"{path}?base=1", json=document, headers={"If-None-Match": "*"})
    assert second.status_code == 412
    seen = {"If-Match": kept.headers["etag"]}
    assert rest.delete(path, headers=seen).status_code == 204
    assert rest.get(path).status_code == 404


def test_an_expression_is_tried_in_an_executors_jail(distributed: AlurDev) -> None:
    spread = "{{ [...(function* () { yield $json.n; yield 2 })()].join('-') }}"
    body = {"expression": spread, "json": {"n": 1}}
    answer = distributed.rest.post("/api/v1/expressions:evaluate", json=body)
    assert answer.json() == {"value": "1-2"}
    checked = distributed.rest.post("/api/v1/validate", json=workflow("edited", HOOK))
    assert [w["code"] for w in checked.json()["warnings"]] == ["open-webhook"]


def test_what_code_wrote_is_read_by_the_gateway(distributed: AlurDev) -> None:
    put(distributed, workflow("wrote", {"type": "trigger.manual"}, CODE))
    ended = distributed.run("wrote", [{"n": 1}])
    lines = distributed.rest.get(f"/api/v1/projects/default/executions/{ended['id']}/logs")
    assert [line["text"] for line in lines.json()["items"]] == ['seen {"n":1}']
