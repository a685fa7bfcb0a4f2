"""Finding nodes: our own, and those that other packages publish."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from alur_nodes import registry
from alur_nodes.core.noop import Noop
from alur_nodes.registry import node_class
from alur_sdk.errors import NotFoundError


def publish(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    published = EntryPoints([EntryPoint(name, value, registry.GROUP)])
    monkeypatch.setattr("importlib.metadata.entry_points", published.select)
    node_class.cache_clear()


@pytest.fixture(autouse=True)
def _forget() -> None:
    node_class.cache_clear()


def test_a_package_publishes_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "acme.pass-on", "alur_nodes.core.noop:Noop")
    assert node_class("acme.pass-on") is Noop


def test_a_package_cannot_take_the_place_of_our_own_node(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "core.set", "alur_nodes.core.noop:Noop")
    assert node_class("core.set") is not Noop


def test_what_is_published_must_be_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "acme.thing", "pathlib:Path")
    with pytest.raises(NotFoundError, match="is no node"):
        node_class("acme.thing")


def test_finding_one_node_imports_no_other() -> None:
    code = (
        "import sys; from alur_nodes.registry import node_class; node_class('core.if');"
        "import alur_executor.adapters.http_client;"
        "loaded = [m for m in ('alur_nodes.core.set', 'alur_nodes.http.request', 'aiohttp', 'yarl')"
        " if m in sys.modules]; sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  # our own Python
    assert done.stderr == ""
