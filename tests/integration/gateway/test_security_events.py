"""Security events of a running platform, in one process."""

from __future__ import annotations

from tests.support.alur_dev import AlurDev
from tests.support.refused import (
    NAME,
    WORKFLOWS,
    cause_trouble,
    publish_as_somebody_who_leaves,
    refused_run,
    told_by,
)


def test_what_was_refused_and_stopped_is_told_with_its_execution(platform: AlurDev) -> None:
    execution = cause_trouble(platform)
    told = told_by(platform)
    assert told["address-refused"]["execution"] == execution
    assert (told["address-refused"]["node"], told["address-refused"]["target"]) == (
        "inside",
        "10.1.2.3",
    )
    assert (told["code-stopped"]["execution"], told["code-stopped"]["reason"]) == (
        execution,
        "time",
    )
    assert told["proof-refused"]["workflow"] == NAME
    assert told["sign-in-refused"]["source"] == "127.0.0.1"
    assert "private" not in repr(told)
    assert platform.rest.get("/api/v1/audit:verify").json()["valid"] is True
    listed = platform.cli("get", "security-events", "--kind", "code-stopped")
    assert execution in listed.stdout


def test_a_workflow_of_somebody_who_left_runs_again_once_another_saves_it(
    platform: AlurDev,
) -> None:
    publish_as_somebody_who_leaves(platform, "orphan")
    error = refused_run(platform, "orphan")["error"]
    assert error["code"] == "forbidden"
    assert error["message"].startswith("spec.nodes[0].params.fields.a: ")
    known = platform.rest.get(f"{WORKFLOWS}/orphan")
    told = {one["type"]: one["status"] for one in known.json()["status"]["conditions"]}
    assert told["Permitted"] == "False"
    saved = platform.rest.put(
        f"{WORKFLOWS}/orphan", json=known.json(), headers={"if-match": known.headers["etag"]}
    )
    assert saved.json()["status"]["activeVersion"] == 2
    assert platform.run("orphan", [{}])["status"] == "succeeded"
