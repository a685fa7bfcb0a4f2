"""The catalogue and the pages made from it are those of the nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alur_common.catalogue import load_catalogue
from alur_nodes.catalogue import catalogue, main
from alur_nodes.docs import page
from alur_nodes.registry import class_in, node_class, own_types
from alur_sdk import Effect
from alur_sdk.errors import NotFoundError

ROOT = Path(__file__).parents[3]
ENTRIES: list[dict[str, Any]] = catalogue()["items"]


def named(type_: str) -> dict[str, Any]:
    return next(entry for entry in ENTRIES if entry["type"] == type_)


def described(schema: dict[str, Any], path: str = "") -> list[str]:
    """Return the fields of a schema, however deep, that nobody explains."""
    missing = []
    for name, field in schema.get("properties", {}).items():
        if "description" not in field and "const" not in field:
            missing.append(f"{path}{name}")
        for inner in (field, field.get("items", {}), *field.get("oneOf", [])):
            missing += described(inner, f"{path}{name}.")
    return missing


def test_the_committed_catalogue_is_that_of_the_nodes() -> None:
    assert load_catalogue() == json.loads(json.dumps(catalogue()))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["type"])
def test_the_committed_page_is_that_of_the_node(entry: dict[str, Any]) -> None:
    committed = ROOT / f"docs/reference/nodes/{entry['type']}.md"
    assert committed.read_text(encoding="utf-8") == page(entry)


def test_there_is_no_page_of_a_node_that_is_not() -> None:
    pages = {path.stem for path in (ROOT / "docs/reference/nodes").glob("*.*.md")}
    assert pages == set(own_types())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["type"])
def test_every_parameter_is_explained(entry: dict[str, Any]) -> None:
    assert described(entry["parameters"]) == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["type"])
def test_every_example_has_parameters_that_exist(entry: dict[str, Any]) -> None:
    assert set(entry["example"]) <= set(entry["parameters"].get("properties", {}))


@pytest.mark.parametrize("type_", own_types())
def test_the_page_begins_with_what_the_node_is_for(type_: str) -> None:
    assert named(type_)["description"].endswith((".", "`."))


def test_a_request_only_reads_when_its_method_says_so() -> None:
    request = node_class("http.request")
    effects = [request.effect_of(params) for params in ({}, {"method": "HEAD"}, {"method": "POST"})]
    assert effects == [Effect.READ, Effect.READ, Effect.WRITE]
    assert request.effect_of({"method": "{{ $json.method }}"}) == Effect.WRITE


def test_a_choice_by_a_field_can_be_looked_up() -> None:
    parameters = named("trigger.webhook")["parameters"]
    mapping = parameters["properties"]["auth"]["discriminator"]["mapping"]
    assert set(mapping) == {"none", "header", "basic", "hmac", "jwt"}
    for reference in mapping.values():
        assert reference.removeprefix("#/$defs/") in parameters["$defs"]


@pytest.mark.parametrize(
    "type_",
    [
        "core.nothing",
        "nothing.at-all",
        "core",
        "",
        "core.__init__",
        "os.path",
        "core..set",
        "Core.Set",
    ],
)
def test_a_type_that_nobody_publishes_is_not_found(type_: str) -> None:
    with pytest.raises(NotFoundError):
        node_class(type_)


def test_a_module_without_a_node_is_told() -> None:
    with pytest.raises(LookupError, match="defines 0 nodes"):
        class_in("alur_nodes.paths")


def test_the_generator_writes_the_catalogue_or_the_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([])
    assert json.loads(capsys.readouterr().out) == load_catalogue()
    main(["--docs", str(tmp_path / "nodes")])
    assert {path.stem for path in (tmp_path / "nodes").iterdir()} == set(own_types())
