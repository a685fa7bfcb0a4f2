"""A workflow that is refused and stopped in every way, and what a platform tells of it."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import httpx

from tests.support.alur_dev import AlurDev

WORKFLOWS = "/api/v1/projects/default/workflows"
NAME = "in-trouble"
TROUBLES = ("address-refused", "code-stopped", "proof-refused", "sign-in-refused")
DOCUMENT: dict[str, Any] = {
    "apiVersion": "alur.dev/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": NAME},
    "spec": {
        "triggers": [
            {
                "name": "call",
                "type": "trigger.webhook",
                "params": {"path": NAME, "auth": {"type": "header"}},
                "credentials": {"auth": "trouble-key"},
            }
        ],
        "nodes": [
            {
                "name": "inside",
                "type": "http.request",
                "onError": "continue",
                "params": {"url": "http://10.1.2.3/admin?key=private"},
            },
            {
                "name": "endless",
                "type": "core.code",
                "onError": "continue",
                "params": {
                    "language": "javascript",
                    "code": "for (;;) {}",
                    "limits": {"time": "PT0.2S"},
                },
            },
        ],
        "edges": [{"from": "call", "to": "inside"}, {"from": "inside", "to": "endless"}],
    },
}


def cause_trouble(platform: AlurDev) -> str:
    """Let a workflow be refused an address, its code be stopped, its webhook and the API be called wrongly; return the execution."""
    fields = {"type": "api-key", "fields": {"value": "right"}}
    platform.rest.put("/api/v1/projects/default/credentials/trouble-key", json=fields)
    saved = platform.rest.put(f"{WORKFLOWS}/{NAME}", json=DOCUMENT, headers={"if-none-match": "*"})
    assert saved.is_success, saved.text
    ended = platform.run(NAME, [{}])
    assert ended["status"] == "succeeded"
    wrong = {"x-api-key": "wrong"}
    assert httpx.post(platform.hook(NAME), json={}, headers=wrong).status_code == 401
    unknown = {"authorization": "Bearer made-up"}
    assert httpx.get(f"{platform.url}/api/v1/me", headers=unknown).status_code == 401
    return str(ended["id"])


def told_by(
    platform: AlurDev, kinds: Collection[str] = TROUBLES, within: float = 20
) -> dict[str, dict[str, Any]]:
    """Return kind -> a security event of the workflow or of none, once each of these kinds was told."""
    deadline = time.monotonic() + within
    while True:
        shown = platform.rest.get("/api/v1/security-events", params={"limit": 500}).json()["items"]
        found = {one["kind"]: one for one in shown if one["workflow"] in (NAME, None)}
        if found.keys() >= set(kinds):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def publish_as_somebody_who_leaves(platform: AlurDev, name: str) -> None:
    """Let a member publish a workflow that names a variable, and remove them."""
    made = platform.rest.post("/api/v1/members", json={"name": "Eve", "role": "editor"}).json()
    with httpx.Client(base_url=platform.url) as browser:
        browser.post("/api/v1/session", json={"token": made["signInToken"]})
        browser.headers["x-csrf-token"] = browser.cookies["alur_csrf"]
        nodes = [{"name": "a", "type": "core.set", "params": {"fields": {"a": "{{ $vars.A }}"}}}]
        document = {**DOCUMENT, "metadata": {"name": name}, "spec": {"nodes": nodes}}
        saved = browser.put(f"{WORKFLOWS}/{name}", json=document, headers={"if-none-match": "*"})
        assert saved.is_success, saved.text
    assert platform.run(name, [{}])["status"] == "succeeded"
    assert platform.rest.delete(f"/api/v1/members/{made['id']}").is_success


def refused_run(platform: AlurDev, name: str, within: float = 20) -> dict[str, Any]:
    """Return the first execution that fails: rights that were taken away count within seconds."""
    deadline = time.monotonic() + within
    while (ended := platform.run(name, [{}]))["status"] == "succeeded":
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.2)
    return ended
