"""The node `core.merge`."""

from __future__ import annotations

import itertools
import string
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from alur_nodes.paths import MISSING, Path, value_at
from alur_nodes.values import identity
from alur_sdk import (
    BatchNode,
    ByteLimitError,
    Effect,
    Item,
    ItemLimitError,
    NodeContext,
    Outputs,
    Params,
    Permanent,
)

MAX_COMBINED = 100_000
MAX_FIELDS = 5_000_000
"""Of all items together: some 250 MiB of memory, and more JSON than a node run may make."""
PORTS = ("main", *string.ascii_lowercase)

Row = tuple[Item, ...]
"""Items that become one, in the order of their inputs; each has its own place as source."""
Keyed = tuple[Hashable, Row]


class MergeParams(Params):
    """How the inputs are brought together."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"mode": {"const": "by-key"}}, "required": ["mode"]},
            "then": {"required": ["key"]},
        }
    )

    mode: Literal["append", "by-position", "by-key", "combine", "first"] = Field(
        default="append",
        description=(
            "`append`: all items, input after input. `by-position`: the first items of all inputs "
            "become one, the second ones, and so on. `by-key`: items with the same key become one. "
            "`combine`: each item of an input with each of the others. `first`: the items of the "
            "input that comes first, without waiting for the others."
        ),
    )
    key: Path | dict[str, Path] | None = Field(
        default=None,
        description="For `by-key`: where the key is; for inputs that differ, `{a: id, b: orderId}`.",
        json_schema_extra={"x-ui": {"widget": "path", "when": {"mode": ["by-key"]}}},
    )
    unmatched: Literal["drop", "first", "keep"] = Field(
        default="drop",
        description=(
            "For `by-position` and `by-key`, items without a match: drop them, keep those of the "
            "first input, or keep all. `by-position` looks only at inputs that have items."
        ),
        json_schema_extra={"x-ui": {"when": {"mode": ["by-position", "by-key"]}}},
    )

    @model_validator(mode="after")
    def _has_its_key(self) -> MergeParams:
        if self.mode == "by-key" and self.key is None:
            raise ValueError("`by-key` needs `key`")
        return self


class Merge(BatchNode[MergeParams]):
    """Bring several branches together.

    It waits until each input has delivered or is known to stay empty, but for `first`. Items
    that become one share their fields; where both have a field, the later input's wins. An input
    that stays empty matches nothing: `combine` then makes no items, `by-key` what `unmatched` keeps.
    """

    label = "Merge"
    icon = "arrows-join-2"
    effect = Effect.PURE
    inputs = PORTS
    any_input_when = ("mode", ("first",))
    example = {"mode": "by-key", "key": "id", "unmatched": "first"}

    def run(
        self, params: MergeParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        sides = _sides(inputs)
        filled = {port: items for port, items in sides.items() if items}
        if params.mode == "first":
            rows: list[Row] = [(item,) for item in next(iter(filled.values()), [])]
        elif params.mode == "append":
            rows = [(item,) for items in filled.values() for item in items]
        elif params.mode == "by-position":
            rows = _by_position(filled, params.unmatched)
        elif params.mode == "by-key":
            rows = _by_key(sides, params)
        else:
            rows = _combined(sides)
        return {"main": _joined(rows)}


def _sides(inputs: Mapping[str, Sequence[Item]]) -> dict[str, list[Item]]:
    """Return the inputs in their order, each item with its place in the whole input as source."""
    place = itertools.count()
    return {
        port: [Item(item.json, item.binary, next(place)) for item in inputs[port]]
        for port in PORTS
        if port in inputs
    }


def _joined(rows: list[Row]) -> list[Item]:
    """Return an item of each row; raises `ByteLimitError` while there is room for what they hold."""
    made: list[Item] = []
    fields = 0
    for row in rows:
        item = _one(row)
        made.append(item)
        if len(row) > 1:
            fields += len(item.json)
            if fields > MAX_FIELDS:
                raise ByteLimitError(f"merging makes items of more than {MAX_FIELDS:,} fields")
    return made


def _one(row: Row) -> Item:
    if len(row) == 1:
        return row[0]
    json = {name: value for item in row for name, value in item.json.items()}
    binary = {name: value for item in row for name, value in (item.binary or {}).items()}
    source = tuple(item.source for item in row if isinstance(item.source, int))
    return Item(json, binary or None, source)


def _by_position(sides: Mapping[str, list[Item]], unmatched: str) -> list[Row]:
    lengths = [len(items) for items in sides.values()]
    if not lengths:
        return []
    count = {"drop": min(lengths), "first": lengths[0], "keep": max(lengths)}[unmatched]
    return [tuple(items[at] for items in sides.values() if at < len(items)) for at in range(count)]


def _by_key(sides: Mapping[str, list[Item]], params: MergeParams) -> list[Row]:
    """Join input after input, as SQL joins tables: an item that matches several is in each."""
    joined: list[Keyed] = []
    for number, (port, items) in enumerate(sides.items()):
        keyed: list[Keyed] = [(_key(item, port, params), (item,)) for item in items]
        joined = _join(joined, keyed, params.unmatched) if number else keyed
    return [row for _, row in joined]


def _key(item: Item, port: str, params: MergeParams) -> Hashable:
    """Return what the item is matched by, or None when it has no key and so matches nothing."""
    path = params.key if isinstance(params.key, str) else (params.key or {}).get(port)
    if path is None:
        raise Permanent(f"`key` says nothing of the input `{port}`", code="bad-parameter")
    value = value_at(item.json, path)
    return None if value is None or value is MISSING else identity(value)


def _join(left: list[Keyed], right: list[Keyed], unmatched: str) -> list[Keyed]:
    index: dict[Hashable, list[Row]] = {}
    for key, row in right:
        index.setdefault(key, []).append(row)
    joined: list[Keyed] = []
    for key, row in left:
        matches = index.get(key, []) if key is not None else []
        joined += [(key, row + match) for match in matches]
        if not matches and unmatched != "drop":
            joined.append((key, row))
        _within_limit(len(joined))
    if unmatched == "keep":
        known = {key for key, _ in left}
        joined += [(key, row) for key, row in right if key is None or key not in known]
    return joined


def _combined(sides: Mapping[str, list[Item]]) -> list[Row]:
    count = 1
    for items in sides.values():
        count *= len(items)
        _within_limit(count)
    return list(itertools.product(*sides.values())) if sides else []


def _within_limit(count: int) -> None:
    if count > MAX_COMBINED:
        raise ItemLimitError(f"merging makes more than {MAX_COMBINED} items", limit=MAX_COMBINED)
