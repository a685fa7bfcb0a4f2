"""The nodes that an expression names by literals, found by the syntax tree."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.compiler.literals import decode
from alur_engine.expressions.compiler.tree import Node, Source, child, children

_CALLED: Final = frozenset({"$", "$node", "$items"})


def name_node(source: Source, node: Node) -> Node | None:
    """Return the literal by which `node` names a node of the workflow, if it does."""
    if node.type == "call_expression":
        callee = child(node, "function")
        arguments = child(node, "arguments")
        given = children(arguments) if arguments.type == "arguments" else []
        is_named = callee.type == "identifier" and source.read(callee) in _CALLED
        if given and (is_named or _is_of_item(source, callee)):
            return given[0] if given[0].type == "string" else None
    if node.type in {"subscript_expression", "member_expression"}:
        holder = child(node, "object")
        is_nodes = holder.type == "identifier" and source.read(holder) == "$node"
        if is_nodes or _is_of_item(source, holder):
            field = "index" if node.type == "subscript_expression" else "property"
            name = child(node, field)
            return name if name.type in {"string", "property_identifier"} else None
    return None


def _is_of_item(source: Source, node: Node) -> bool:
    """Whether it is the `$node` of `$item(…).$node`, whatever it is read from."""
    return node.type == "member_expression" and source.read(child(node, "property")) == "$node"


def references(source: Source) -> frozenset[str]:
    """Return the nodes of the workflow that an expression names by literals."""
    return frozenset(_name(source, place) for place in _places(source))


def _places(source: Source) -> list[Node]:
    places: list[Node] = []
    waiting = [source.root]
    while waiting:
        node = waiting.pop()
        found = name_node(source, node)
        if found is not None:
            places.append(found)
        waiting.extend(children(node))
    return places


def _name(source: Source, node: Node) -> str:
    raw = source.read(node)
    if node.type != "string":
        return raw
    return decode(raw[1:-1])
