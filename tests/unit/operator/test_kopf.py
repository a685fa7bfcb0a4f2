"""What is taken from kopf without being public is still there; read this when kopf was upgraded."""

from __future__ import annotations

import importlib
from importlib.metadata import version

import pytest

PRIVATE = [
    ("kopf._cogs.clients.errors", "APIError"),
    ("kopf._cogs.clients.errors", "APISessionClosed"),
    ("kopf._cogs.clients.watching", "WatchingError"),
]


@pytest.mark.parametrize(("module", "name"), PRIVATE)
def test_what_pausing_takes_from_kopf_is_an_error_of_its_own(module: str, name: str) -> None:
    advice = (
        f"kopf {version('kopf')} has no error {module}.{name}: find what it raises instead when the API server fails, "
        "or a public name, and put it into operator/alur_operator/adapters/pausing.py and here"
    )
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        pytest.fail(advice)
    assert isinstance(found, type), advice
    assert issubclass(found, Exception), advice
