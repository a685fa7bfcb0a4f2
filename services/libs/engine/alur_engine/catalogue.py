"""Node types as the engine sees them, read from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alur_sdk.errors import NotFoundError
from alur_sdk.nodes import Effect

ERROR_PORT = "error"
"""The port by which failures leave a node whose `onError` is `branch`."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """What planning needs to know about a node type."""

    type: str
    effect: Effect = Effect.PURE
    trigger: bool = False
    inputs: tuple[str, ...] = ("main",)
    outputs: tuple[str, ...] = ("main",)
    outputs_from: tuple[str, str] | None = None
    scopes: tuple[str, ...] = ()
    any_input_when: tuple[str, tuple[Any, ...]] | None = None
    effect_when: tuple[str, tuple[Any, ...], Effect] | None = None
    always_emits: bool = False
    repeatable: bool = True
    checkpoint: bool = False
    raw: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Slot -> the types of credentials that it takes."""
    pool: str | None = None
    """Where its nodes run unless they name a pool themselves; None: where their execution does."""

    def ports(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the output ports that a node with these parameters has, the error port aside."""
        if self.outputs_from is None:
            return self.outputs
        listed = params.get(self.outputs_from[0])
        named = [
            str(element[self.outputs_from[1]])
            for element in (listed if isinstance(listed, list) else [])
            if isinstance(element, dict) and self.outputs_from[1] in element
        ]
        return (*dict.fromkeys(named), *self.outputs)

    def effect_of(self, params: Mapping[str, Any]) -> Effect:
        """Return the effect of a node with these parameters."""
        if self.effect_when and params.get(self.effect_when[0]) in self.effect_when[1]:
            return self.effect_when[2]
        return self.effect

    def fires_at_any_input(self, params: Mapping[str, Any]) -> bool:
        """Return whether such a node fires at its first delivered input."""
        when = self.any_input_when
        return when is not None and params.get(when[0]) in when[1]


class Catalogue:
    """All node types by name."""

    def __init__(self, types: Mapping[str, NodeType]) -> None:
        self._types = dict(types)

    @classmethod
    def from_json(cls, catalogue: Mapping[str, Any]) -> Catalogue:
        """Read the generated catalogue: `{"items": [...]}`."""
        return cls({entry["type"]: _node_type(entry) for entry in catalogue["items"]})

    def find(self, name: str) -> NodeType | None:
        """Return the type, or None."""
        return self._types.get(name)

    def get(self, name: str) -> NodeType:
        """Return the type, or raise `NotFoundError`."""
        found = self._types.get(name)
        if found is None:
            raise NotFoundError(f"there is no node type {name}", type=name)
        return found

    def names(self) -> list[str]:
        """Return all type names, sorted."""
        return sorted(self._types)


def _node_type(entry: Mapping[str, Any]) -> NodeType:
    outputs_from, any_when, effect_when = (
        entry.get(key) for key in ("outputsFrom", "anyInputWhen", "effectWhen")
    )
    return NodeType(
        type=entry["type"],
        effect=Effect(entry["effect"]),
        trigger=entry["trigger"],
        inputs=tuple(entry["inputs"]),
        outputs=tuple(entry["outputs"]),
        outputs_from=(outputs_from["param"], outputs_from["field"]) if outputs_from else None,
        scopes=tuple(entry["scopes"]),
        any_input_when=(any_when["param"], tuple(any_when["values"])) if any_when else None,
        effect_when=(
            effect_when["param"],
            tuple(effect_when["values"]),
            Effect(effect_when["effect"]),
        )
        if effect_when
        else None,
        always_emits=entry["alwaysEmits"],
        repeatable=entry["repeatable"],
        checkpoint=entry["checkpoint"],
        raw=tuple(entry["raw"]),
        parameters=entry["parameters"],
        credentials={slot["name"]: tuple(slot["types"]) for slot in entry["credentials"]},
        pool=entry.get("pool"),
    )
