"""The catalogue of node types, as the API answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.security.rights import Caller, authorize
from alur_sdk.errors import NotFoundError


class NodeTypes:
    """Reads the generated catalogue, `{"items": [...]}`."""

    def __init__(self, catalogue: Mapping[str, Any]) -> None:
        self._types = {entry["type"]: dict(entry) for entry in catalogue["items"]}

    async def list_node_types(self, caller: Caller) -> list[dict[str, Any]]:
        """Return all node types, by their names."""
        authorize(caller, "read", "node-types")
        return [self._types[name] for name in sorted(self._types)]

    async def get_node_type(self, caller: Caller, name: str) -> dict[str, Any]:
        """Return one node type, or raise `NotFoundError`."""
        authorize(caller, "read", "node-types")
        found = self._types.get(name)
        if found is None:
            raise NotFoundError(f"there is no node type {name}", type=name)
        return found
