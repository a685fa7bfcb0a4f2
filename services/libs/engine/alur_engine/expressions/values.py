"""The values an expression works on, and what it sees of the execution around it.

JSON values are Python's own (`None`, `bool`, `int`, `float`, `str`, `list`, `dict`); what JSON
lacks has a class here. An `int` is always a double without fraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Final, Protocol, TypeAlias

Json: TypeAlias = Any
"""A JSON value, or `UNDEFINED` where a caller asks for the value of one bare expression."""

Value: TypeAlias = Any
"""Whatever a JavaScript expression can yield: what it is, is found out when it is used."""

Native: TypeAlias = Callable[..., Value]


class Undefined:
    """JavaScript's `undefined`; there is one, `UNDEFINED`."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"

    def __copy__(self) -> Undefined:
        return self

    def __deepcopy__(self, _memo: object) -> Undefined:
        return self

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


class NodeView(Protocol):
    """What an expression sees of a node that ran; each item is `{"json": ..., "binary": ...}`.

    `first()`, `last()` and `item` may be `None` when there is none: it reads as `undefined`.
    """

    @property
    def item(self) -> Json:
        """The item that the current one came from."""

    def first(self) -> Json:
        """The first item that the node emitted."""

    def last(self) -> Json:
        """The last item that the node emitted."""

    def all(self) -> Sequence[Json]:
        """All items that the node emitted, in order."""


class Special:
    """A value that is no JSON value: it says itself how it reads as text, number and JSON."""

    __slots__ = ()
    kind: ClassVar[str] = "object"
    prefers_text: ClassVar[bool] = False

    def js_string(self) -> str:
        """Return what `String(value)` is."""
        return "[object Object]"

    def js_number(self) -> float:
        """Return what `Number(value)` is."""
        return math.nan

    def js_json(self) -> Value:
        """Return what `JSON.stringify` writes in its place."""
        return {}

    def read(self, name: str) -> Value:
        """Return the property `name`; methods are found elsewhere."""
        del name
        return UNDEFINED


class HostView(Special):
    """A `NodeView` inside an evaluation: its wrapper keeps expressions off Python attributes."""

    __slots__ = ("view",)

    def __init__(self, view: NodeView) -> None:
        self.view = view

    def read(self, name: str) -> Value:
        if name == "item":
            return present(self.view.item)
        if name in {"json", "binary"}:
            item = self.view.item
            return present(item).get(name, UNDEFINED) if item else UNDEFINED
        if name == "isExecuted":
            return bool(getattr(self.view, "isExecuted", True))
        return UNDEFINED


class Nodes(Special):
    """`$node`: the nodes of the workflow by name."""

    __slots__ = ("find",)

    def __init__(self, find: Callable[[str], NodeView]) -> None:
        self.find = find

    def read(self, name: str) -> Value:
        return HostView(self.find(name))


class Members(Protocol):
    """What a standard object gives by name."""

    def get(self, name: str, default: Value, /) -> Value:
        """Return a member, else `default`."""


class Function(Special):
    """A function value: `call` takes the arguments, more or fewer than it names."""

    __slots__ = ("call", "length", "name", "statics")
    kind = "function"

    def __init__(
        self,
        call: Native,
        name: str = "",
        length: int = 0,
        statics: Members | None = None,
    ) -> None:
        self.call = call
        self.name = name
        self.length = length
        self.statics: Members = {} if statics is None else statics

    def js_string(self) -> str:
        return f"function {self.name}() {{ [native code] }}"

    def js_json(self) -> Value:
        return UNDEFINED

    def read(self, name: str) -> Value:
        if name == "name":
            return self.name
        return self.length if name == "length" else self.statics.get(name, UNDEFINED)


class Namespace(Special):
    """`Math`, `JSON` and their like: named members, nothing else."""

    __slots__ = ("members", "name")

    def __init__(self, name: str, members: Members) -> None:
        self.name = name
        self.members = members

    def js_string(self) -> str:
        return f"[object {self.name}]"

    def read(self, name: str) -> Value:
        return self.members.get(name, UNDEFINED)


class MatchList(list[Value]):
    """What `exec` and `match` answer: a list that also knows where and by what it matched."""

    __slots__ = ("facts",)

    def __init__(self, values: Sequence[Value], index: int, text: str, groups: Value) -> None:
        super().__init__(values)
        self.facts = {"index": index, "input": text, "groups": groups}


class JsMap(Special):
    """A `Map`; the key of `entries` is the key's `identity`."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: dict[Value, tuple[Value, Value]] = {}

    def js_string(self) -> str:
        return "[object Map]"

    def read(self, name: str) -> Value:
        return len(self.entries) if name == "size" else UNDEFINED


class JsSet(Special):
    """A `Set`; the key of `entries` is the member's `identity`."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: dict[Value, Value] = {}

    def js_string(self) -> str:
        return "[object Set]"

    def read(self, name: str) -> Value:
        return len(self.entries) if name == "size" else UNDEFINED


class JsError(Special):
    """An `Error` object, which only exists to be read or thrown."""

    __slots__ = ("message", "name")

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        self.message = message

    def js_string(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name

    def read(self, name: str) -> Value:
        return {"name": self.name, "message": self.message}.get(name, UNDEFINED)


class JsIterator(Special):
    """What `keys()`, `entries()`, `values()` and `matchAll()` answer: to be spread or listed."""

    __slots__ = ("rest",)

    def __init__(self, rest: Iterator[Value]) -> None:
        self.rest = rest

    def js_string(self) -> str:
        return "[object Array Iterator]"


def present(value: Value) -> Value:
    """Return `value`, with `undefined` for the `None` by which a view says that there is none."""
    return UNDEFINED if value is None else value
