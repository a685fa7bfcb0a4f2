"""Reads what the code of `core.code` returned: forgiving of shapes, clear about wrong ones."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property

from alur_sdk import Item, Json, Permanent
from alur_sdk.items import Source

_ITEM_KEYS = frozenset({"json", "binary", "source", "pairedItem"})
_EXAMPLES = {
    "javascript": {
        "all": "`return items.map(({ json }) => ({ id: json.id }))`",
        "each": "`return { id: $json.id }`",
    },
    "python": {
        "all": '`return [{"id": item.json.id} for item in items]`',
        "each": '`return {"id": _json.id}`',
    },
}


def emitted(result: Json, given: Sequence[Item], mode: str, language: str) -> list[Item]:
    """Return the items of a result; in mode `each` it is a list with what each item came to.

    An object is the JSON of one item, unless it is an item itself: `{json, binary?, source?}`.
    Raises `Permanent` with an example for what is neither.
    """
    reader = _Reader(given, _EXAMPLES[language][mode])
    if mode == "each":
        if not isinstance(result, list) or len(result) != len(given):
            raise reader.refused("no result for each item")
        return [item for at, each in enumerate(result) for item in reader.several(each, at)]
    made = reader.several(result, None)
    is_paired = len(made) == len(given)
    for at, item in enumerate(made):
        if item.source is None and is_paired:
            item.source = at
    return made


class _Reader:
    def __init__(self, given: Sequence[Item], example: str) -> None:
        self._given = given
        self._example = example

    def several(self, value: Json, source: int | None) -> list[Item]:
        listed = value if isinstance(value, list) else [value]
        return [self._one(each, source) for each in listed]

    def _one(self, value: Json, source: int | None) -> Item:
        if not isinstance(value, dict):
            raise self.refused(_named(value))
        if not (isinstance(value.get("json"), dict) and value.keys() <= _ITEM_KEYS):
            return Item(value, None, source)
        paired = value.get("source", value.get("pairedItem"))
        own = self._source(paired)
        return Item(value["json"], self._binary(value), source if own is None else own)

    def _source(self, paired: Json) -> Source:
        if isinstance(paired, dict):
            paired = paired.get("item")
        is_index = isinstance(paired, int) and not isinstance(paired, bool)
        return paired if is_index and 0 <= paired < len(self._given) else None

    def _binary(self, value: dict[str, Json]) -> dict[str, Json] | None:
        """Return the files of an item. Code passes on those that it was given; it cannot name others."""
        binary = value.get("binary")
        if not binary:
            return None
        if not isinstance(binary, dict) or not all(map(self._is_known, binary.values())):
            raise Permanent(
                "the code returned a file that its input does not have", reason="code-result"
            )
        return binary

    def _is_known(self, file: Json) -> bool:
        return file in self._known.get(_texts(file), ())

    @cached_property
    def _known(self) -> dict[Hashable, list[Json]]:
        """The files of all items by their texts, each once."""
        known: dict[Hashable, list[Json]] = {}
        for item in self._given:
            for file in (item.binary or {}).values():
                alike = known.setdefault(_texts(file), [])
                if file not in alike:
                    alike.append(file)
        return known

    def refused(self, what: str) -> Permanent:
        return Permanent(
            f"the code returned {what} where an object or a list of objects is needed, such as "
            f"{self._example}; an empty list is no item at all",
            reason="code-result",
        )


def _texts(file: Json) -> Hashable:
    """Return what is the same for equal files, and hardly ever for others: the texts among their fields."""
    if not isinstance(file, dict):
        return None
    return frozenset((name, value) for name, value in file.items() if isinstance(value, str))


def _named(value: Json) -> str:
    if value is None:
        return "nothing"
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list in a list",
    }
    return names.get(type(value), "something else")
