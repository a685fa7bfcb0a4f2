"""The catalogue of node types, for every service that must know nodes without running them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson


def load_catalogue() -> dict[str, Any]:
    """Return `{"items": [...]}` as generated from the nodes; the caller keeps it."""
    content = files("alur_common").joinpath("catalogue.json").read_bytes()
    catalogue: dict[str, Any] = orjson.loads(content)
    return catalogue
