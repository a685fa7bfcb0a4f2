"""Items: what flows along edges."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict. Never changed once it is in an item."""

Source = int | tuple[int, ...] | None
"""Which of the node's input items an output item comes from: one index, several, or none."""


class Item:
    """One item: its JSON object, its binary references, and the input items it was made from.

    `json` and `binary` belong to everybody who sees the item: a node makes a new item, it never
    changes one. `source` counts in the input of the node that made the item, so a node never
    passes an item of its input on as it is either: `to` and `with_json` make new ones.
    """

    __slots__ = ("binary", "json", "source")

    def __init__(
        self, json: dict[str, Json], binary: dict[str, Json] | None = None, source: Source = None
    ) -> None:
        self.json = json
        self.binary = binary
        self.source = source

    def to(self, port: str) -> Sent:
        """Send what this item holds by a port, as a new item whose source the runner fills in."""
        return Sent(port, Item(self.json, self.binary))

    def with_json(self, json: dict[str, Json]) -> Item:
        """Return a new item with other JSON and the same binary; the runner fills in its source."""
        return Item(json, self.binary)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Item)
            and self.json == other.json
            and self.binary == other.binary
            and self.source == other.source
        )

    __hash__ = None  # type: ignore[assignment]  # items hold mutable JSON and are compared by value

    def __repr__(self) -> str:
        return f"Item({self.json!r}, source={self.source!r})"


class Sent(NamedTuple):
    """An item on its way out by a port."""

    port: str
    item: Item


Outputs = dict[str, list[Item]]
"""What a node run emitted: port -> items, in order. A port that is absent or empty emitted nothing."""
