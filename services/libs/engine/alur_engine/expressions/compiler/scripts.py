"""What of an expression runs in the jail: its script, once all its names are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from alur_engine.expressions.compiler.mutation import changes_data
from alur_engine.expressions.compiler.references import references
from alur_engine.expressions.compiler.tree import Body, Node, Source, child, children
from alur_engine.expressions.methods.helpers import NOTHING
from alur_engine.expressions.methods.tables import CALLED_AND_READ, HELPERS
from alur_engine.expressions.problems import UnsupportedError

HELPER: Final = "$$"
"""Stands before the name of a helper that is called: data may have members of the same name."""
_FOR_NOTHING: Final = frozenset(name for each in NOTHING.values() for name in each)
_HELPERS: Final = (
    frozenset(name for each in HELPERS.values() for name in each) | _FOR_NOTHING | CALLED_AND_READ
)
_CALLED_DATA: Final = frozenset({"$item", "$items"})
"""Data which is a function as well, where it is called: `$item(0)` beside `$item.json`."""
_MAY_HELP: Final = re.compile(rf"(?:\.\s*(?:{'|'.join(sorted(_HELPERS))})|\$items?)\s*\(")
_GLOBALS: Final = frozenset(
    """AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView
    Date DateTime Duration Interval Error EvalError Float32Array Float64Array Function Infinity Int16Array
    Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError
    ReferenceError Reflect RegExp Set String Symbol SyntaxError TextDecoder TextEncoder TypeError
    URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap
    WeakRef WeakSet arguments atob btoa decodeURI decodeURIComponent encodeURI encodeURIComponent
    escape eval globalThis isFinite isNaN parseFloat parseInt structuredClone this undefined
    unescape $ $json $item $items $binary $vars $env $execution $workflow $run $trigger $index
    $itemIndex $runIndex $now $today $input $node $if $ifEmpty $jmespath $max $min $not""".split()  # noqa: SIM905  one name a line would take a page
)
_OWN_MEMBERS: Final = frozenset(
    {
        "Array",
        "DateTime",
        "Date",
        "JSON",
        "Math",
        "Number",
        "Object",
        "Reflect",
        "String",
        "console",
    }
)
"""Whose members of a helper's name are their own, so that calls of them are left alone."""
_BINDS: Final = {
    "variable_declarator": "name",
    "arrow_function": "parameter",
    "function_expression": "name",
    "function_declaration": "name",
    "generator_function": "name",
    "class": "name",
    "class_declaration": "name",
    "catch_clause": "parameter",
    "for_in_statement": "left",
}


_PATTERNS: Final = frozenset({"formal_parameters", "object_pattern", "array_pattern"})
_NAMES: Final = frozenset(
    {"identifier", "shorthand_property_identifier_pattern", "shorthand_property_identifier"}
)
_USES: Final = frozenset({"identifier", "shorthand_property_identifier"})


def script_of(text: str) -> tuple[str, bool, frozenset[str]]:
    """Return the script of an expression, whether it may change data, and the nodes it names.

    Raises `SyntaxProblem` for what is no expression, `UnsupportedError` for a name nobody knows.
    """
    source = Source(text)
    nodes = list(_below(source.root))
    _check_names(source, nodes)
    return _script(source, nodes), changes_data(source), references(source)


def _below(root: Node, seen: set[int] | None = None) -> Iterator[Node]:
    """Yield a node and all within it, but none of `seen`, to which they are added: places to bind nest within others."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if seen is not None:
            if node.id in seen:
                continue
            seen.add(node.id)
        yield node
        waiting.extend(children(node))


def _check_names(source: Source, nodes: list[Node]) -> None:
    """A name that is bound anywhere in the expression is taken for known everywhere in it."""
    bound = _bound(source, nodes)
    for node in nodes:
        if (
            node.type in _USES
            and not _is_asked_for(node)
            and (name := source.read(node)) not in bound | _GLOBALS
        ):
            raise UnsupportedError(source.offset(node), f"`{name}` is not defined")


def _bound(source: Source | Body, nodes: list[Node]) -> set[str]:
    seen: set[int] = set()
    return {
        source.read(each)
        for node in nodes
        for place in _binding_places(node)
        for each in _below(place, seen)
        if each.type in _NAMES
    }


def _is_asked_for(node: Node) -> bool:
    """Whether a name is the operand of `typeof`, which may be one that nobody knows."""
    holder = node.parent
    operator = holder.child_by_field_name("operator") if holder is not None else None
    return operator is not None and operator.type == "typeof"


def _binding_places(node: Node) -> list[Node]:
    if node.type in _PATTERNS:
        return [node]
    field = _BINDS.get(node.type)
    place = node.child_by_field_name(field) if field else None
    return [] if place is None else [place]


@lru_cache(maxsize=256)
def helped(code: str) -> str:
    """Return code of a user with every call of a helper marked, as `_script` does it.

    What cannot be parsed is left as it is: whoever runs the code says what is wrong.
    """
    if not _MAY_HELP.search(code):
        return code
    body = Body(code)
    marked = _script(body, list(_below(body.root)))
    return marked.encode("latin-1").decode("utf-8", "replace")


def _script(source: Source | Body, nodes: list[Node]) -> str:
    """Return the text with every call of a helper marked.

    `a.name()` becomes `a.$$name()`, or `$$(a, "name")()` where `null` may have the helper too, and `$item(0)`
    becomes `$$item(0)`.
    """
    edits = [edit for callee in _callees(nodes) for edit in _edits(source, callee)]
    edits += [(at, at, "$") for at in _called_data(source, nodes)]
    pieces, done = [], 0
    for start, end, text in sorted(edits):
        pieces += [source.text[done:start], text]
        done = end
    return "".join([*pieces, source.text[done:]])


def _callees(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.type == "call_expression":
            callee = child(node, "function")
            if callee.type == "member_expression":
                yield callee


def _called_data(source: Source | Body, nodes: list[Node]) -> Iterator[int]:
    called = [child(node, "function") for node in nodes if node.type == "call_expression"]
    found = [
        each for each in called if each.type == "identifier" and source.read(each) in _CALLED_DATA
    ]
    own = _bound(source, nodes) if found else set()
    return (source.offset(each) for each in found if source.read(each) not in own)


def _edits(source: Source | Body, callee: Node) -> list[tuple[int, int, str]]:
    holder, place = child(callee, "object"), child(callee, "property")
    name = source.read(place)
    if name not in _HELPERS or holder.type == "super":
        return []
    if holder.type == "identifier" and source.read(holder) in _OWN_MEMBERS:
        return []
    at = source.offset(place)
    if name not in _FOR_NOTHING or "?." in source.read(callee):
        return [(at, at, HELPER)]
    start = source.offset(holder)
    end = start + len(source.read(holder))
    return [(start, start, f"{HELPER}("), (end, at + len(name), f', "{name}")')]
