"""What a sound document risks is told with its path, and never refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.validation import NOTHING_SAID, Bounds, find_excess, find_risks, validate_document

CATALOGUE = Catalogue.from_json(load_catalogue())
HMAC = {"params": {"path": "a", "auth": {"type": "hmac"}}, "credentials": {"auth": "key"}}
CODE = {"name": "work", "type": "core.code", "params": {"code": "return items;"}}
WIDE = ["10.0.0.0/8"]


def hook(**more: Any) -> dict[str, Any]:
    return {"name": "hook", "type": "trigger.webhook", "params": {"path": "a"}, **more}


def request(url: str, **more: Any) -> dict[str, Any]:
    return {"name": "call", "type": "http.request", "params": {"url": url}, **more}


def risks(*parts: dict[str, Any], bounds: Bounds = NOTHING_SAID) -> list[tuple[str, str]]:
    """Return path and code of each risk of a chain of these, which has to be sound."""
    triggers = [part for part in parts if part["type"].startswith("trigger.")]
    nodes = [part for part in parts if part not in triggers]
    names = [part["name"] for part in parts]
    edges = [{"from": a, "to": b} for a, b in pairwise(names)]
    spec = {"triggers": triggers, "nodes": nodes, "edges": edges}
    document = {"metadata": {"name": "w"}, "spec": spec}
    assert validate_document(document, CATALOGUE)[1] == []
    return [(risk.path, risk.code) for risk in find_risks(document, bounds)]


@pytest.mark.parametrize(
    "open_hook", [hook(), hook(params={"path": "a", "auth": {"type": "none"}})]
)
def test_a_webhook_that_asks_for_no_proof_is_told(open_hook: dict[str, Any]) -> None:
    assert risks(open_hook) == [("spec.triggers[0].params.auth", "open-webhook")]


def test_one_that_names_a_credential_and_does_not_ask_for_it_is_told_so() -> None:
    named = {"triggers": [hook(credentials={"auth": "mine"})], "nodes": [], "edges": []}
    document = {"metadata": {"name": "w"}, "spec": named}
    (risk,) = find_risks(document, NOTHING_SAID)
    assert "names a credential `auth` and does not ask for it" in risk.message


@pytest.mark.parametrize("closed", [hook(**HMAC), hook(disabled=True)])
def test_one_that_asks_or_rests_is_not(closed: dict[str, Any]) -> None:
    assert risks(closed, CODE) == []


def test_code_on_what_anybody_can_send_is_told_however_far_behind() -> None:
    between = {"name": "between", "type": "core.noop"}
    found = risks(hook(), between, CODE)
    assert ("spec.nodes[1].params.code", "untrusted-code") in found
    assert risks({"name": "start", "type": "trigger.manual"}, CODE) == []
    assert ("spec.nodes[0].params.code", "untrusted-code") not in risks(
        hook(), {**CODE, "disabled": True}
    )


@pytest.mark.parametrize(
    ("url", "is_risky"),
    [
        ("http://example.com/a", True),
        ("HTTP://example.com/{{ $json.id }}", True),
        ("http://{{ $json.host }}/a", True),
        ("http://127.example.com", True),
        ("https://example.com", False),
        ("http://localhost:8080/a", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:9000/", False),
        ("{{ $json.url }}", False),
    ],
)
def test_an_address_without_encryption_is_told_unless_it_is_this_machine(
    url: str, *, is_risky: bool
) -> None:
    expected = [("spec.nodes[0].params.url", "plain-http")] if is_risky else []
    assert risks(request(url)) == expected


@pytest.mark.parametrize(
    ("url", "is_risky"),
    [
        ("{{ $json.url }}", True),
        ("https://{{ $json.host }}/a", True),
        ("https://api.{{ $json.zone }}.example.com/", True),
        ("https://example.com/{{ $json.id }}", False),
        ("https://example.com", False),
    ],
)
def test_a_host_that_an_expression_gives_is_told_where_much_is_within_reach(
    url: str, *, is_risky: bool
) -> None:
    found = risks(request(url), bounds=Bounds(wide=WIDE))
    assert found == ([("spec.nodes[0].params.url", "wide-outbound")] if is_risky else [])
    assert risks(request(url)) == []


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("headers", "Authorization"),
        ("headers", "x-api-key"),
        ("headers", "PRIVATE-TOKEN"),
        ("query", "access_token"),
        ("query", "client_secret"),
    ],
)
def test_a_secret_that_is_written_out_is_told(part: str, name: str) -> None:
    url = "https://a.example"
    call = {**request(url), "params": {"url": url, part: {name: "s3cr3t"}}}
    (risk,) = risks(call)
    assert risk == (f"spec.nodes[0].params.{part}.{name}", "plain-secret")
    assert risks({**call, "disabled": True}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("Authorization", "{{ $json.token }}"), ("Accept", "application/json"), ("x-api-key", "")],
)
def test_what_data_bring_or_is_no_secret_is_not(name: str, value: str) -> None:
    url = "https://a.example"
    call = {**request(url), "params": {"url": url, "headers": {name: value}}}
    assert risks(call) == []


def code(**limits: str) -> dict[str, Any]:
    return {"name": "c", "type": "core.code", "params": {"code": "return items", "limits": limits}}


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"time": "PT1M1S"}, ["time"]),
        ({"memory": "1Gi"}, ["memory"]),
        ({"time": "PT2H", "memory": "513Mi"}, ["time", "memory"]),
        ({"time": "PT1M", "memory": "512Mi"}, []),
        ({"time": "{{ $vars.long }}"}, []),
    ],
)
def test_code_that_asks_for_more_than_it_may_is_told(
    limits: dict[str, str], told: list[str]
) -> None:
    most = Bounds(code_seconds=60.0, code_bytes=512 * 1024**2)
    paths = [(f"spec.nodes[0].params.limits.{name}", "code-limit") for name in told]
    document = {"spec": {"nodes": [code(**limits)]}}
    assert [(each.path, each.code) for each in find_excess(document, most)] == paths
    assert find_excess(document, Bounds()) == []


@pytest.mark.parametrize("wrong", ["a while", "1000000000Gi", "Mi", 7])
def test_limits_that_are_none_are_left_to_the_rules(wrong: object) -> None:
    part = code(time=wrong, memory=wrong)  # type: ignore[arg-type]  # that is what is wrong
    document = {"spec": {"nodes": [part]}}
    assert find_excess(document, Bounds(code_seconds=60.0, code_bytes=1)) == []


def test_an_unchecked_certificate_is_told() -> None:
    call = request("https://a.example")
    call["params"]["tls"] = {"verify": False}
    assert risks(call) == [("spec.nodes[0].params.tls.verify", "unchecked-tls")]
    call["params"]["tls"] = {"verify": True}
    assert risks(call) == []
