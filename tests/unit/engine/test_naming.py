"""What a document names beside its own nodes, wherever it stands."""

from __future__ import annotations

from typing import Any

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.naming import find_references

TYPES = Catalogue.from_json(load_catalogue())


def named(*nodes: dict[str, Any], **spec: Any) -> list[tuple[str, str, str]]:
    """Return kind, name and path of all that these nodes name."""
    document = {"spec": {"nodes": list(nodes), **spec}}
    return [(one.kind, one.name, one.path) for one in find_references(document, TYPES)]


def node(kind: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"name": "a", "type": kind, "params": params or {}, **more}


def test_a_node_that_names_nothing_names_nothing() -> None:
    assert named(node("core.set", {"fields": {"a": "{{ $json.vars }}", "$vars": "my_vars"}})) == []


def test_variables_are_named_by_any_text_that_a_run_might_take_for_one() -> None:
    assert named(
        node("core.set", {"fields": {"a": "$vars", "b": "{{ globalThis['$' + 'vars'] }}"}})
    ) == [("variable", "", "spec.nodes[0].params.fields.a")]


def test_credentials_of_nodes_and_triggers_are_named() -> None:
    hook = node("trigger.webhook", credentials={"auth": "key"})
    request = node("http.request", {"url": "https://a.example"}, credentials={"auth": "token"})
    assert named(request, triggers=[hook]) == [
        ("credential", "key", "spec.triggers[0].credentials.auth"),
        ("credential", "token", "spec.nodes[0].credentials.auth"),
    ]


def test_workflows_are_named_by_nodes_and_settings() -> None:
    assert named(
        node("core.workflow", {"workflow": "invoice"}), settings={"errorWorkflow": "on-call"}
    ) == [
        ("workflow", "invoice", "spec.nodes[0].params.workflow"),
        ("workflow", "on-call", "spec.settings.errorWorkflow"),
    ]


def test_what_only_the_run_tells_is_named_without_a_name() -> None:
    assert named(
        node("core.workflow", {"workflow": "{{ $json.which }}"}),
        node("kafka.produce", {"topic": "orders-{{ $json.region }}"}),
    ) == [
        ("workflow", "", "spec.nodes[0].params.workflow"),
        ("topic", "", "spec.nodes[1].params.topic"),
    ]


def test_topics_of_nodes_and_triggers_are_named() -> None:
    trigger = node("trigger.kafka", {"topic": "orders"})
    assert named(node("kafka.produce", {"topic": "bills"}), triggers=[trigger]) == [
        ("topic", "orders", "spec.triggers[0].params.topic"),
        ("topic", "bills", "spec.nodes[0].params.topic"),
    ]


def test_a_pool_is_named_unless_it_is_the_default() -> None:
    assert named(node("core.set", pool="gpu"), node("core.set", pool="default")) == [
        ("pool", "gpu", "spec.nodes[0].pool")
    ]


def test_variables_are_found_three_levels_deep_and_in_code() -> None:
    deep = {"fields": {"a": {"b": [{"c": "{{ $vars.DEEP }}"}]}}}
    request = {"url": "https://a.example", "headers": {"x-region": "{{ $vars?.REGION }}"}}
    code = {"language": "python", "code": "return {'a': _vars.PY, 'b': 1}"}
    assert named(
        node("core.set", deep), node("http.request", request), node("core.code", code)
    ) == [
        ("variable", "DEEP", "spec.nodes[0].params.fields.a.b[0].c"),
        ("variable", "REGION", "spec.nodes[1].params.headers.x-region"),
        ("variable", "PY", "spec.nodes[2].params.code"),
    ]


def test_a_variable_that_is_computed_is_named_without_a_name() -> None:
    fields = {"fields": {"a": "{{ $vars['A' + $json.b] }}"}}
    assert named(node("core.set", fields))[0][:2] == ("variable", "")


def test_the_body_of_a_loop_and_of_a_try_is_looked_at_like_all_else() -> None:
    inner = node("core.workflow", {"workflow": "inner"})
    loop, scope = {**node("core.each"), "name": "each"}, {**node("core.try"), "name": "try"}
    edges = [{"from": "each", "output": "item", "to": "a"}, {"from": "a", "to": "each"}]
    assert [name for _, name, _ in named(loop, scope, inner, edges=edges)] == ["inner"]
